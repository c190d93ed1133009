mod ids;
mod names;
mod provisional;
mod refusals;
mod verdicts;
