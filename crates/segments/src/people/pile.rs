//! Rows that were read and wait until all of them are: a short list in memory, and a nameless file (in the folder for
//! temporary files) when it gets long. So a change of ten million people takes no more memory than one of ten thousand, and
//! nothing of it is left when the process ends.

use std::io::{self, BufReader, BufWriter, Read, Seek, Write};

use kernel::{Id, Moment, PersonId};
use tempfile::SpooledTempFile;

use super::types::PutRow;

/// What is kept in memory: some forty thousand rows.
const MEMORY_BYTES: usize = 1024 * 1024;
/// An id, what to do, and until when.
const ROW_BYTES: usize = 16 + 1 + 8;

const REMOVE: u8 = 0;
const ADD: u8 = 1;
const ADD_UNTIL: u8 = 2;

/// Rows on their way in.
#[derive(Debug)]
pub struct Pile {
    file: BufWriter<SpooledTempFile>,
}

impl Default for Pile {
    fn default() -> Pile {
        Pile {
            file: BufWriter::new(SpooledTempFile::new(MEMORY_BYTES)),
        }
    }
}

impl Pile {
    pub fn add(&mut self, row: PutRow) -> io::Result<()> {
        let mut bytes = [0; ROW_BYTES];
        bytes[..16].copy_from_slice(row.person.0.as_bytes());
        bytes[16] = match (row.add, row.until) {
            (false, _) => REMOVE,
            (true, None) => ADD,
            (true, Some(_)) => ADD_UNTIL,
        };
        let until = row.until.map_or(0, Moment::as_micros);
        bytes[17..].copy_from_slice(&until.to_be_bytes());
        self.file.write_all(&bytes)
    }

    /// To be taken off again, the first ones first.
    pub fn turned(self) -> io::Result<Turned> {
        let mut file = self.file.into_inner()?;
        file.rewind()?;
        Ok(Turned(BufReader::new(file)))
    }
}

/// Rows on their way out.
#[derive(Debug)]
pub struct Turned(BufReader<SpooledTempFile>);

impl Turned {
    /// The next rows, at most so many; none when those were all.
    pub fn take(&mut self, count: usize) -> io::Result<Vec<PutRow>> {
        let mut rows = Vec::with_capacity(count);
        let mut bytes = [0; ROW_BYTES];
        while rows.len() < count {
            match self.0.read_exact(&mut bytes) {
                Ok(()) => rows.push(row(&bytes)),
                Err(end) if end.kind() == io::ErrorKind::UnexpectedEof => break,
                Err(error) => return Err(error),
            }
        }
        Ok(rows)
    }
}

fn row(bytes: &[u8; ROW_BYTES]) -> PutRow {
    let (mut id, mut until) = ([0; 16], [0; 8]);
    id.copy_from_slice(&bytes[..16]);
    until.copy_from_slice(&bytes[17..]);
    let until = Moment::from_micros(i64::from_be_bytes(until));
    PutRow {
        person: PersonId(Id::from_bytes(id)),
        add: bytes[16] != REMOVE,
        until: (bytes[16] == ADD_UNTIL).then_some(until),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_off_a_pile_as_they_were_laid_on_it_however_many() {
        let row = |number: i64| PutRow {
            person: PersonId(Id::named("person", &number.to_string())),
            add: number % 3 != 0,
            until: (number % 3 == 1).then(|| Moment::from_micros(number)),
        };
        let count = i64::try_from(2 * MEMORY_BYTES / ROW_BYTES).unwrap();
        let mut pile = Pile::default();
        for number in 0..count {
            pile.add(row(number)).unwrap();
        }
        let mut turned = pile.turned().unwrap();
        let mut numbers = 0..count;
        loop {
            let rows = turned.take(1_000).unwrap();
            if rows.is_empty() {
                break;
            }
            for taken in rows {
                assert_eq!(Some(taken), numbers.next().map(row));
            }
        }
        assert_eq!(numbers.next(), None);
    }
}
