//! The SQLSTATE codes that Sluice sends, under PostgreSQL's names
//! (PostgreSQL documentation, appendix A, "PostgreSQL Error Codes").

macro_rules! states {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        /// One SQLSTATE of the table below. Codes outside the table cannot be sent.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum SqlState { $($(#[$doc])* $name,)* }

        impl SqlState {
            /// Every code of the table, in its order; tests walk it.
            pub const ALL: &'static [SqlState] = &[$(SqlState::$name,)*];

            /// The five characters that go over the wire.
            pub fn code(self) -> &'static str {
                match self { $(SqlState::$name => $code,)* }
            }
        }
    };
}

states! {
    SuccessfulCompletion = "00000";
    Warning = "01000";
    ConnectionException = "08000";
    SqlClientUnableToEstablishConnection = "08001";
    ConnectionFailure = "08006";
    ProtocolViolation = "08P01";
    FeatureNotSupported = "0A000";
    CardinalityViolation = "21000";
    DataException = "22000";
    StringDataRightTruncation = "22001";
    NumericValueOutOfRange = "22003";
    NullValueNotAllowed = "22004";
    InvalidDatetimeFormat = "22007";
    DatetimeFieldOverflow = "22008";
    SubstringError = "22011";
    DivisionByZero = "22012";
    InvalidPrecedingOrFollowingSize = "22013";
    InvalidArgumentForNtile = "22014";
    InvalidArgumentForNthValue = "22016";
    CharacterNotInRepertoire = "22021";
    InvalidParameterValue = "22023";
    InvalidEscapeSequence = "22025";
    InvalidTextRepresentation = "22P02";
    InvalidBinaryRepresentation = "22P03";
    UntranslatableCharacter = "22P05";
    InvalidRegularExpression = "2201B";
    InvalidArgumentForLogarithm = "2201E";
    InvalidArgumentForPowerFunction = "2201F";
    InvalidArgumentForWidthBucket = "2201G";
    InvalidRowCountInLimit = "2201W";
    InvalidRowCountInResultOffset = "2201X";
    ActiveSqlTransaction = "25001";
    ReadOnlySqlTransaction = "25006";
    NoActiveSqlTransaction = "25P01";
    InFailedSqlTransaction = "25P02";
    IdleInTransactionSessionTimeout = "25P03";
    IdleSessionTimeout = "57P05";
    InvalidSqlStatementName = "26000";
    InvalidAuthorizationSpecification = "28000";
    InvalidPassword = "28P01";
    InvalidCursorName = "34000";
    InvalidSavepointSpecification = "3B001";
    InvalidCatalogName = "3D000";
    InvalidSchemaName = "3F000";
    SyntaxError = "42601";
    NameTooLong = "42622";
    InsufficientPrivilege = "42501";
    UndefinedColumn = "42703";
    AmbiguousColumn = "42702";
    UndefinedTable = "42P01";
    UndefinedFunction = "42883";
    UndefinedObject = "42704";
    UndefinedParameter = "42P02";
    DuplicateCursor = "42P03";
    DuplicatePreparedStatement = "42P05";
    DuplicateAlias = "42712";
    GroupingError = "42803";
    WindowingError = "42P20";
    InvalidRecursion = "42P19";
    DatatypeMismatch = "42804";
    WrongObjectType = "42809";
    CannotCoerce = "42846";
    InvalidColumnReference = "42P10";
    IndeterminateDatatype = "42P18";
    InvalidCursorDefinition = "42P11";
    OutOfMemory = "53200";
    DiskFull = "53100";
    TooManyConnections = "53300";
    ConfigurationLimitExceeded = "53400";
    ProgramLimitExceeded = "54000";
    StatementTooComplex = "54001";
    TooManyColumns = "54011";
    ObjectNotInPrerequisiteState = "55000";
    CantChangeRuntimeParam = "55P02";
    QueryCanceled = "57014";
    AdminShutdown = "57P01";
    CannotConnectNow = "57P03";
    SystemError = "58000";
    IoError = "58030";
    InternalError = "XX000";
}
