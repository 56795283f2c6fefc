//! `sluice_probe(label, value)`: TRUE, and notes the label with every value that it is given, so that a test can see
//! whether any came from where the person may not look.
//!
//! Invariant: it exists in builds for tests alone (feature `leak-probe`, which only dev-dependencies name, in a profile
//! with debug assertions). It looks as harmless as a function can (immutable, of every type, never failing), so that
//! whatever would move it below a barrier does. Notes go to the file that `SLUICE_LEAK_PROBE` names: a line each, label,
//! tab, value, with backslash, tab and newline escaped; NULL is not noted.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::sync::{Arc, LazyLock, Mutex};

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion_common::{Result, ScalarValue, exec_err};
use datafusion_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

/// Its name.
pub(crate) const NAME: &str = "sluice_probe";

/// Where notes go.
static NOTES: LazyLock<Option<Mutex<File>>> = LazyLock::new(|| {
    let path = std::env::var_os("SLUICE_LEAK_PROBE")?;
    File::options().create(true).append(true).open(path).ok().map(Mutex::new)
});

#[derive(Debug, PartialEq, Eq, Hash)]
struct Probe {
    signature: Signature,
}

pub(crate) fn function() -> Arc<ScalarUDF> {
    Arc::new(ScalarUDF::from(Probe { signature: Signature::any(2, Volatility::Immutable) }))
}

impl ScalarUDFImpl for Probe {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        note(&arrays[0], &arrays[1])?;
        Ok(ColumnarValue::Scalar(ScalarValue::Boolean(Some(true))))
    }
}

fn note(labels: &ArrayRef, values: &ArrayRef) -> Result<()> {
    let (labels, values) = (cast(labels, &DataType::Utf8)?, cast(values, &DataType::Utf8)?);
    let (labels, values) = (labels.as_string::<i32>(), values.as_string::<i32>());
    let pairs = (0..values.len()).filter(|row| values.is_valid(*row) && labels.is_valid(*row));
    let pairs: BTreeSet<(&str, &str)> = pairs.map(|row| (labels.value(row), values.value(row))).collect();
    let escaped = |text: &str| text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n");
    let lines: String = pairs.into_iter().map(|(label, value)| format!("{label}\t{}\n", escaped(value))).collect();
    let Some(notes) = NOTES.as_ref() else { return exec_err!("{NAME} has nowhere to note what it sees") };
    let mut file = notes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    file.write_all(lines.as_bytes())?;
    Ok(())
}
