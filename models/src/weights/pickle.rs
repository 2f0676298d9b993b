//! Pickles as data: a stack of values that point into flat lists. Nothing is called, nothing is imported, nothing recurses.

use std::collections::BTreeMap;

/// What a pickle may name. Anything else is refused by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Global {
    OrderedDict,
    RebuildTensor,
    FloatStorage,
    LongStorage,
}

const GLOBALS: [(&str, &str, Global); 4] = [
    ("collections", "OrderedDict", Global::OrderedDict),
    ("torch._utils", "_rebuild_tensor_v2", Global::RebuildTensor),
    ("torch", "FloatStorage", Global::FloatStorage),
    ("torch", "LongStorage", Global::LongStorage),
];

/// A value; the indices are places in the lists of [`Pickle`], so a value is small and copying it is cheap.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'a> {
    None,
    Bool(bool),
    Int(i64),
    /// An integer of any size, little endian.
    Long(&'a [u8]),
    Text(&'a str),
    Global(Global),
    Tuple(usize),
    List(usize),
    Dict(usize),
    /// What a persistent id stands for: the index of its tuple.
    Persistent(usize),
    /// A call of `_rebuild_tensor_v2`: the index of its argument tuple.
    Tensor(usize),
}

/// A pickle that has been read.
#[derive(Debug)]
pub(super) struct Pickle<'a> {
    pub(super) root: Value<'a>,
    /// Where the next byte after it lies, counted from its own beginning.
    pub(super) length: usize,
    tuples: Vec<Vec<Value<'a>>>,
    lists: Vec<Vec<Value<'a>>>,
    dicts: Vec<Vec<(Value<'a>, Value<'a>)>>,
}

impl<'a> Pickle<'a> {
    /// Reads one pickle of protocol 2 from the beginning of `bytes`. The error says what is wrong and at which byte.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, String> {
        let mut reader = Reader {
            bytes,
            at: 0,
            stack: Vec::new(),
            marks: Vec::new(),
            memo: BTreeMap::new(),
            tuples: Vec::new(),
            lists: Vec::new(),
            dicts: Vec::new(),
        };
        let root = loop {
            let start = reader.at;
            match reader.step() {
                Ok(None) => (),
                Ok(Some(root)) => break root,
                Err(what) => return Err(format!("{what} at byte {start} of a pickle")),
            }
        };
        Ok(Self { root, length: reader.at, tuples: reader.tuples, lists: reader.lists, dicts: reader.dicts })
    }

    pub(super) fn tuple(&self, index: usize) -> &[Value<'a>] {
        self.tuples.get(index).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn list(&self, index: usize) -> &[Value<'a>] {
        self.lists.get(index).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn dict(&self, index: usize) -> &[(Value<'a>, Value<'a>)] {
        self.dicts.get(index).map(Vec::as_slice).unwrap_or_default()
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    stack: Vec<Value<'a>>,
    /// Heights of the stack where a list of arguments begins.
    marks: Vec<usize>,
    memo: BTreeMap<u32, Value<'a>>,
    tuples: Vec<Vec<Value<'a>>>,
    lists: Vec<Vec<Value<'a>>>,
    dicts: Vec<Vec<(Value<'a>, Value<'a>)>>,
}

type Step<T> = Result<T, String>;

impl<'a> Reader<'a> {
    /// Reads one instruction; the value of the whole pickle when it was the last one.
    fn step(&mut self) -> Step<Option<Value<'a>>> {
        let opcode = self.byte()?;
        match opcode {
            0x80 => match self.byte()? {
                2 => (),
                version => return Err(format!("protocol {version} instead of 2")),
            },
            b'.' => return self.pop().map(Some),
            b'(' => self.marks.push(self.stack.len()),
            b'N' => self.stack.push(Value::None),
            0x88 => self.stack.push(Value::Bool(true)),
            0x89 => self.stack.push(Value::Bool(false)),
            b'K' | b'M' | b'J' => {
                let value = self.int(opcode)?;
                self.stack.push(Value::Int(value));
            }
            0x8a => {
                let length = usize::from(self.byte()?);
                let digits = self.take(length)?;
                self.stack.push(Value::Long(digits));
            }
            b'X' => {
                let length = self.u32()? as usize;
                let text = std::str::from_utf8(self.take(length)?).map_err(|_| "text that is not UTF-8".to_owned())?;
                self.stack.push(Value::Text(text));
            }
            b')' => self.push_tuple(Vec::new()),
            0x85 | 0x86 => {
                let items = self.pop_last(usize::from(opcode - 0x84))?;
                self.push_tuple(items);
            }
            b't' => {
                let items = self.pop_to_mark()?;
                self.push_tuple(items);
            }
            b'}' => self.push_dict(),
            b']' => {
                self.stack.push(Value::List(self.lists.len()));
                self.lists.push(Vec::new());
            }
            b's' | b'u' => self.set_items(opcode)?,
            b'e' => self.append_items()?,
            b'q' | b'r' | b'h' | b'j' => self.memo(opcode)?,
            b'c' => self.global()?,
            b'R' => self.reduce()?,
            b'b' => {
                // The state of an OrderedDict holds version numbers of modules, which nobody needs here.
                self.pop()?;
            }
            b'Q' => match self.pop()? {
                Value::Tuple(index) => self.stack.push(Value::Persistent(index)),
                _ => return Err("a persistent id that is not a tuple".to_owned()),
            },
            other => return Err(format!("the instruction {}, which is not accepted,", opcode_name(other))),
        }
        Ok(None)
    }

    fn take(&mut self, length: usize) -> Step<&'a [u8]> {
        let taken = self.at.checked_add(length).and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or_else(|| "the file ends too early".to_owned())?;
        self.at += length;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Step<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| "the file ends too early".to_owned())
    }

    fn byte(&mut self) -> Step<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn u32(&mut self) -> Step<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn int(&mut self, opcode: u8) -> Step<i64> {
        match opcode {
            b'K' => self.byte().map(i64::from),
            b'M' => self.array().map(|bytes| i64::from(u16::from_le_bytes(bytes))),
            _ => self.array().map(|bytes| i64::from(i32::from_le_bytes(bytes))),
        }
    }

    fn line(&mut self) -> Step<&'a str> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest.iter().take(256).position(|&b| b == b'\n').ok_or("a name without an end")?;
        let line = self.take(length)?;
        self.at += 1;
        std::str::from_utf8(line).map_err(|_| "a name that is not UTF-8".to_owned())
    }

    /// Takes the topmost value, but none from below the latest mark.
    fn pop(&mut self) -> Step<Value<'a>> {
        if self.stack.len() <= self.marks.last().copied().unwrap_or(0) {
            return Err("a value is missing".to_owned());
        }
        self.stack.pop().ok_or_else(|| "a value is missing".to_owned())
    }

    fn pop_last(&mut self, count: usize) -> Step<Vec<Value<'a>>> {
        let floor = self.marks.last().copied().unwrap_or(0);
        match self.stack.len().checked_sub(count) {
            Some(from) if from >= floor => Ok(self.stack.split_off(from)),
            _ => Err("a value is missing".to_owned()),
        }
    }

    fn pop_to_mark(&mut self) -> Step<Vec<Value<'a>>> {
        let mark = self.marks.pop().ok_or("a mark is missing")?;
        Ok(self.stack.split_off(mark.min(self.stack.len())))
    }

    fn push_tuple(&mut self, items: Vec<Value<'a>>) {
        self.stack.push(Value::Tuple(self.tuples.len()));
        self.tuples.push(items);
    }

    fn push_dict(&mut self) {
        self.stack.push(Value::Dict(self.dicts.len()));
        self.dicts.push(Vec::new());
    }

    fn set_items(&mut self, opcode: u8) -> Step<()> {
        let items = if opcode == b's' { self.pop_last(2)? } else { self.pop_to_mark()? };
        let Some(Value::Dict(index)) = self.stack.last() else { return Err("items set on no dict".to_owned()) };
        let dict = self.dicts.get_mut(*index).ok_or("items set on no dict")?;
        let (pairs, odd) = items.as_chunks::<2>();
        if !odd.is_empty() {
            return Err("a key without a value".to_owned());
        }
        dict.extend(pairs.iter().map(|[key, value]| (*key, *value)));
        Ok(())
    }

    fn append_items(&mut self) -> Step<()> {
        let items = self.pop_to_mark()?;
        let Some(Value::List(index)) = self.stack.last() else { return Err("items appended to no list".to_owned()) };
        self.lists.get_mut(*index).ok_or("items appended to no list")?.extend(items);
        Ok(())
    }

    fn memo(&mut self, opcode: u8) -> Step<()> {
        let index = if matches!(opcode, b'q' | b'h') { u32::from(self.byte()?) } else { self.u32()? };
        if matches!(opcode, b'q' | b'r') {
            let top = self.stack.last().copied().ok_or("nothing to remember")?;
            self.memo.insert(index, top);
        } else {
            let value = self.memo.get(&index).copied().ok_or("a value that was never remembered")?;
            self.stack.push(value);
        }
        Ok(())
    }

    fn global(&mut self) -> Step<()> {
        let (module, name) = (self.line()?, self.line()?);
        let known = GLOBALS.iter().find(|(m, n, _)| (*m, *n) == (module, name));
        let (_, _, global) = known.ok_or_else(|| {
            let shown: String = format!("{module}.{name}").escape_debug().take(100).collect();
            format!("the name `{shown}`, which is not accepted,")
        })?;
        self.stack.push(Value::Global(*global));
        Ok(())
    }

    fn reduce(&mut self) -> Step<()> {
        let (arguments, callable) = (self.pop()?, self.pop()?);
        match (callable, arguments) {
            (Value::Global(Global::OrderedDict), Value::Tuple(index)) if self.tuples[index].is_empty() => {
                self.push_dict();
            }
            (Value::Global(Global::RebuildTensor), Value::Tuple(index)) => self.stack.push(Value::Tensor(index)),
            _ => return Err("a call that is not accepted".to_owned()),
        }
        Ok(())
    }
}

fn opcode_name(opcode: u8) -> String {
    let name = match opcode {
        b'i' => "INST",
        b'o' => "OBJ",
        0x81 => "NEWOBJ",
        0x92 => "NEWOBJ_EX",
        0x93 => "STACK_GLOBAL",
        0x82..=0x84 => "EXT",
        b'P' => "PERSID",
        b'I' => "INT",
        b'L' => "LONG",
        b'F' | b'G' => "FLOAT",
        b'S' | b'T' | b'U' => "STRING",
        b'B' | b'C' | 0x8e => "BYTES",
        0x8f..=0x91 => "SET",
        0x95 => "FRAME",
        _ => return format!("0x{opcode:02x}"),
    };
    format!("{name} (0x{opcode:02x})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_run_something_is_refused_by_name() {
        let cases: [(&[u8], &str); 6] = [
            (b"\x80\x02cos\nsystem\nX\x02\0\0\0ls\x85R.", "`os.system`"),
            (b"\x80\x02cbuiltins\neval\n)R.", "`builtins.eval`"),
            (b"\x80\x02(ios\nsystem\n.", "INST"),
            (b"\x80\x02X\x02\0\0\0osX\x06\0\0\0system\x93.", "STACK_GLOBAL"),
            (b"\x80\x02ccollections\nOrderedDict\n)\x81.", "NEWOBJ"),
            (b"\x80\x02ctorch\nFloatStorage\n)R.", "a call that is not accepted"),
        ];
        for (bytes, said) in cases {
            let refused = Pickle::read(bytes).unwrap_err();
            assert!(refused.contains(said), "{refused}");
        }
    }

    #[test]
    fn an_argument_cannot_come_from_below_a_mark() {
        assert!(Pickle::read(b"\x80\x02K\x01(\x85.").is_err());
        assert!(Pickle::read(b"\x80\x02K\x01(.").is_err());
        assert!(Pickle::read(b"\x80\x02}K\x01(s.").is_err());
    }

    #[test]
    fn deep_nesting_costs_no_stack() {
        let mut bytes = b"\x80\x02)".to_vec();
        bytes.extend(std::iter::repeat_n(0x85, 1_000_000));
        bytes.push(b'.');
        assert_eq!(Pickle::read(&bytes).unwrap().tuples.len(), 1_000_001);
    }
}
