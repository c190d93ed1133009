mod account;
mod authenticate;
mod whose;
