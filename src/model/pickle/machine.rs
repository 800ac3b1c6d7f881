//! The machine that a pickle is a program of: a stack, a memory, and values that it builds. It has
//! no way to import or call anything; what that would give is [`Value::Object`].

use std::collections::HashMap;

use super::class::Class;
use super::fault::{Result, damaged, too_much};
use super::input::Input;
use super::opcodes as op;
use super::rebuild;
use super::value::{FALSE, Id, NONE, OTHER, TRUE, Value, Values};

/// Of a network's pickle there are at most a few thousand, since lists are written in batches.
const MAX_STACK: usize = 1_000_000;

pub(super) struct Machine<'a, 'b> {
    input: &'a mut Input<'b>,
    values: Values,
    stack: Vec<Id>,
    /// How high the stack was at each mark.
    marks: Vec<usize>,
    memory: HashMap<u32, Id>,
}

/// Runs one pickle, and gives what it built and which of it is the result.
pub(super) fn run(input: &mut Input) -> Result<(Values, Id)> {
    let mut machine = Machine {
        input,
        values: Values::new(),
        stack: Vec::new(),
        marks: Vec::new(),
        memory: HashMap::new(),
    };
    loop {
        let opcode = machine.input.byte()?;
        if opcode == op::STOP {
            let result = machine.pop()?;
            return Ok((machine.values, result));
        }
        machine.step(opcode)?;
        if machine.stack.len() + machine.marks.len() > MAX_STACK {
            return too_much("is nested deeply");
        }
    }
}

impl Machine<'_, '_> {
    fn step(&mut self, opcode: u8) -> Result<()> {
        match opcode {
            op::PROTO => self.input.skip(1),
            op::FRAME => self.input.skip(8),
            op::MARK => {
                self.marks.push(self.stack.len());
                Ok(())
            }
            op::POP => match self.marks.last() == Some(&self.stack.len()) {
                true => self.pop_to_mark().map(drop),
                false => self.pop().map(drop),
            },
            op::POP_MARK => self.pop_to_mark().map(drop),
            op::DUP => {
                let top = self.top()?;
                self.push(top)
            }
            op::BINPUT | op::LONG_BINPUT | op::MEMOIZE => self.remember(opcode),
            op::BINGET | op::LONG_BINGET => self.recall(opcode),
            op::EMPTY_TUPLE | op::TUPLE | op::TUPLE1 | op::TUPLE2 | op::TUPLE3 => {
                self.tuple(opcode)
            }
            op::EMPTY_LIST | op::LIST | op::APPEND | op::APPENDS => self.list(opcode),
            op::EMPTY_DICT | op::DICT | op::SETITEM | op::SETITEMS => self.dict(opcode),
            op::EMPTY_SET => self.push(OTHER),
            op::ADDITEMS => self.pop_to_mark().map(drop),
            op::FROZENSET => {
                self.pop_to_mark()?;
                self.push(OTHER)
            }
            op::GLOBAL | op::STACK_GLOBAL => self.class(opcode),
            op::REDUCE | op::NEWOBJ | op::NEWOBJ_EX | op::INST | op::OBJ => self.call(opcode),
            op::BUILD => self.build(),
            op::BINPERSID => {
                let id = self.pop()?;
                let kept = rebuild::persistent(&mut self.values, id)?;
                self.push(kept)
            }
            _ => self.atom(opcode),
        }
    }

    /// Values without parts.
    fn atom(&mut self, opcode: u8) -> Result<()> {
        let id = match opcode {
            op::NONE => NONE,
            op::NEWTRUE => TRUE,
            op::NEWFALSE => FALSE,
            op::BINFLOAT => {
                self.input.skip(8)?;
                OTHER
            }
            op::BININT1 => self.int(1)?,
            op::BININT2 => self.int(2)?,
            op::BININT => {
                let number = i32::from_le_bytes(self.input.array()?);
                self.values.add(Value::Int(number.into()))?
            }
            op::LONG1 => self.long(1)?,
            op::LONG4 => self.long(4)?,
            op::SHORT_BINSTRING | op::SHORT_BINUNICODE => self.text(1)?,
            op::BINSTRING | op::BINUNICODE => self.text(4)?,
            op::BINUNICODE8 => self.text(8)?,
            op::SHORT_BINBYTES => self.bytes(1)?,
            op::BINBYTES => self.bytes(4)?,
            op::BINBYTES8 | op::BYTEARRAY8 => self.bytes(8)?,
            _ => {
                let at = self.input.position() - 1;
                return damaged(format!(
                    "byte {at} is {opcode:#04x}, which no pickle of protocols 2 to 5 has there"
                ));
            }
        };
        self.push(id)
    }

    fn int(&mut self, bytes: usize) -> Result<Id> {
        let number = self.input.number(bytes)?;
        self.values.add(Value::Int(number.into()))
    }

    /// A number of as many bytes as the next `bytes` say; larger ones are no sizes.
    fn long(&mut self, bytes: usize) -> Result<Id> {
        let length = self.input.number(bytes)?;
        if length > 15 {
            self.input.skip(length)?;
            return Ok(OTHER);
        }
        let digits = self.input.take(length as usize)?;
        let filling = if digits.last() >= Some(&0x80) {
            0xff
        } else {
            0
        };
        let mut whole = [filling; 16];
        whole[..digits.len()].copy_from_slice(digits);
        self.values.add(Value::Int(i128::from_le_bytes(whole)))
    }

    fn text(&mut self, bytes: usize) -> Result<Id> {
        let length = self.input.number(bytes)?;
        match self.input.text(length)? {
            Some(text) => self.values.add(Value::Text(text)),
            None => Ok(OTHER),
        }
    }

    fn bytes(&mut self, bytes: usize) -> Result<Id> {
        let length = self.input.number(bytes)?;
        self.input.skip(length)?;
        Ok(OTHER)
    }

    fn remember(&mut self, opcode: u8) -> Result<()> {
        let place = match opcode {
            op::BINPUT => self.input.number(1)? as u32,
            op::LONG_BINPUT => self.input.number(4)? as u32,
            _ => self.memory.len() as u32,
        };
        let top = self.top()?;
        self.values.charge(1)?;
        self.memory.insert(place, top);
        Ok(())
    }

    fn recall(&mut self, opcode: u8) -> Result<()> {
        let bytes = if opcode == op::BINGET { 1 } else { 4 };
        let place = self.input.number(bytes)? as u32;
        match self.memory.get(&place) {
            Some(&id) => self.push(id),
            None => damaged(format!(
                "it asks for its value {place}, which it never kept"
            )),
        }
    }

    fn tuple(&mut self, opcode: u8) -> Result<()> {
        let items = match opcode {
            op::EMPTY_TUPLE => Vec::new(),
            op::TUPLE => self.pop_to_mark()?,
            _ => {
                let count = usize::from(opcode - op::TUPLE1) + 1;
                let mut items = Vec::with_capacity(count);
                for _ in 0..count {
                    items.push(self.pop()?);
                }
                items.reverse();
                items
            }
        };
        self.values.charge(items.len())?;
        self.push_new(Value::Tuple(items.into()))
    }

    fn list(&mut self, opcode: u8) -> Result<()> {
        let items = match opcode {
            op::EMPTY_LIST => return self.push_new(Value::List(Vec::new())),
            op::APPEND => vec![self.pop()?],
            _ => self.pop_to_mark()?,
        };
        self.values.charge(items.len())?;
        if opcode == op::LIST {
            return self.push_new(Value::List(items));
        }
        let list = self.top()?;
        match self.values.get_mut(list) {
            Value::List(list) => list.extend(items),
            Value::Object(_) | Value::Other => {}
            _ => return damaged("it appends to something that is no list"),
        }
        Ok(())
    }

    fn dict(&mut self, opcode: u8) -> Result<()> {
        let items = match opcode {
            op::EMPTY_DICT => return self.push_new(Value::Dict(Vec::new())),
            op::SETITEM => {
                let value = self.pop()?;
                vec![self.pop()?, value]
            }
            _ => self.pop_to_mark()?,
        };
        self.values.charge(items.len())?;
        let pairs = items
            .as_chunks::<2>()
            .0
            .iter()
            .map(|&[key, value]| (key, value));
        if opcode == op::DICT {
            return self.push_new(Value::Dict(pairs.collect()));
        }
        let dict = self.top()?;
        match self.values.get_mut(dict) {
            Value::Dict(dict) => dict.extend(pairs),
            Value::Object(_) | Value::Other => {}
            _ => return damaged("it sets an entry of something that is no dictionary"),
        }
        Ok(())
    }

    fn class(&mut self, opcode: u8) -> Result<()> {
        let class = match opcode {
            op::GLOBAL => {
                let module = self.input.line()?;
                Class::of(&module, &self.input.line()?)
            }
            _ => {
                let name = self.pop()?;
                let module = self.pop()?;
                match (self.values.text(module), self.values.text(name)) {
                    (Some(module), Some(name)) => Class::of(module, name),
                    _ => return damaged("it names a class by something that is no text"),
                }
            }
        };
        self.push_new(Value::Class(class))
    }

    /// Where Python would call a class or a function.
    fn call(&mut self, opcode: u8) -> Result<()> {
        match opcode {
            op::INST => {
                self.input.line()?;
                self.input.line()?;
                self.pop_to_mark()?;
                return self.push_new(Value::Object(None));
            }
            op::OBJ => {
                self.pop_to_mark()?;
                return self.push_new(Value::Object(None));
            }
            op::NEWOBJ_EX => drop(self.pop()?),
            _ => {}
        }
        let arguments = self.pop()?;
        let called = self.pop()?;
        let class = match *self.values.get(called) {
            Value::Class(class) => class,
            // What an unknown function gave.
            Value::Object(_) | Value::Other => Class::Unknown,
            _ => return damaged("it calls something that is no function"),
        };
        let made = rebuild::call(&mut self.values, class, arguments)?;
        self.push(made)
    }

    /// Where Python would give an object its state.
    fn build(&mut self) -> Result<()> {
        let state = self.pop()?;
        // With slots it is a pair.
        let state = match self.values.tuple(state) {
            Some(&[state, _]) => state,
            _ => state,
        };
        let object = self.top()?;
        if let Value::Object(kept) = self.values.get_mut(object) {
            *kept = Some(state);
        }
        Ok(())
    }

    fn push(&mut self, id: Id) -> Result<()> {
        self.stack.push(id);
        Ok(())
    }

    fn push_new(&mut self, value: Value) -> Result<()> {
        let id = self.values.add(value)?;
        self.push(id)
    }

    fn top(&self) -> Result<Id> {
        match self.stack.last() {
            Some(&id) if self.marks.last() != Some(&self.stack.len()) => Ok(id),
            _ => damaged("it takes from an empty stack"),
        }
    }

    fn pop(&mut self) -> Result<Id> {
        let top = self.top()?;
        self.stack.pop();
        Ok(top)
    }

    /// What is on the stack above the last mark, which goes too.
    fn pop_to_mark(&mut self) -> Result<Vec<Id>> {
        match self.marks.pop() {
            Some(mark) => Ok(self.stack.split_off(mark)),
            None => damaged("it looks for a mark that it never set"),
        }
    }
}
