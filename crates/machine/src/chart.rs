/// The states of a statig machine, its superstates, and what belongs to each, as one table.
///
/// It is what statig's own attribute would make; that one writes the states in the order of a hash map, which is
/// another in each build, so that no two builds were equal.
/// The caller names the machine, the event and the context as the calls below are to see them, and says how it starts.
/// A state is `Variant { fields } = constructor in Superstate { fields that it lends }: handler;` and, after commas,
/// `entry` and `exit` with their actions; the fields are mutable references there.
/// A superstate is the same without a constructor, and its fields are references.
/// The crate that calls it depends on statig.
#[macro_export]
macro_rules! chart {
    (
        ($machine:ident: $Machine:ty, $event:ident: $Event:ty, $context:ident: $Context:ty) starts as $initial:expr;

        $(#[$meta:meta])*
        $visibility:vis enum $State:ident {
            $(
                $Name:ident { $($field:ident: $type:ty),* } = $name:ident
                $(in $Above:ident { $($lent:ident),* })?: $handler:expr
                $(, entry $entry:expr)? $(, exit $exit:expr)?;
            )*
        }

        enum $Super:ident<$life:lifetime> {
            $($Group:ident { $($share:ident: $share_type:ty),* } $(in $Higher:ident {})?: $judge:expr;)*
        }
    ) => {
        impl ::statig::blocking::IntoStateMachine for $Machine {
            type Event<'event> = $Event;
            type Context<'context> = $Context;
            type State = $State;
            type Superstate<$life> = $Super<$life>;

            fn initial() -> $State {
                $initial
            }
        }

        $(#[$meta])*
        $visibility enum $State {
            $($Name { $($field: $type),* },)*
        }

        impl $State {
            /// The names of all states, in their order.
            #[allow(dead_code)]
            $visibility const WORDS: &[&str] = &[$(stringify!($name)),*];

            /// Its name, for people.
            #[allow(dead_code)]
            $visibility fn word(&self) -> &'static str {
                match self {
                    $($State::$Name { .. } => stringify!($name),)*
                }
            }

            $($visibility fn $name($($field: $type),*) -> $State {
                $State::$Name { $($field),* }
            })*
        }

        #[allow(unused_variables)]
        impl ::statig::blocking::State<$Machine> for $State {
            fn call_handler(
                &mut self,
                $machine: &mut $Machine,
                $event: &$Event,
                $context: &mut $Context,
            ) -> ::statig::Outcome<$State> {
                match self {
                    $($State::$Name { $($field),* } => $handler,)*
                }
            }

            fn call_entry_action(&mut self, $machine: &mut $Machine, $context: &mut $Context) {
                match self {
                    $($State::$Name { $($field),* } => { $($entry)? })*
                }
            }

            fn call_exit_action(&mut self, $machine: &mut $Machine, $context: &mut $Context) {
                match self {
                    $($State::$Name { $($field),* } => { $($exit)? })*
                }
            }

            fn superstate(&mut self) -> Option<$Super<'_>> {
                match self {
                    $($State::$Name { $($field),* } => $crate::chart!(@above $($Super::$Above { $($lent),* })?),)*
                }
            }
        }

        $visibility enum $Super<$life> {
            $($Group { $($share: $share_type),* },)*
            /// Nobody's: it keeps the lifetime where no superstate has a field.
            #[allow(dead_code)]
            Never(::std::convert::Infallible, ::std::marker::PhantomData<&$life ()>),
        }

        #[allow(unused_variables)]
        impl ::statig::blocking::Superstate<$Machine> for $Super<'_> {
            fn call_handler(
                &mut self,
                $machine: &mut $Machine,
                $event: &$Event,
                $context: &mut $Context,
            ) -> ::statig::Outcome<$State> {
                match self {
                    $($Super::$Group { $($share),* } => $judge,)*
                    $Super::Never(never, _) => match *never {},
                }
            }

            fn superstate(&mut self) -> Option<$Super<'_>> {
                match self {
                    $($Super::$Group { .. } => $crate::chart!(@above $($Super::$Higher {})?),)*
                    $Super::Never(never, _) => match *never {},
                }
            }
        }
    };
    (@above) => { None };
    (@above $above:expr) => { Some($above) };
}
