import { Buffer } from 'node:buffer';
import mongoose from 'mongoose';

/*
 * Values as bytes whose order is MongoDB's order across types, so that LMDB's memcmp sorts as MongoDB would. Every
 * encoding is prefix-free and starts with a tag in 0x05..0xf0; complemented (descending) it starts in 0x0f..0xfa. Hence
 * `key + 0xff` lies above everything that continues `key`, in both directions: ranges are built on that.
 */

/** LMDB's limit for a key with 4 KiB pages, in bytes. */
export const MAX_KEY = 1978;

export type Doc = Record<string, unknown>;
export type Direction = 1 | -1;

const TAG = {
  minKey: 0x05,
  emptyArray: 0x0c,
  null: 0x10,
  number: 0x18,
  string: 0x20,
  object: 0x28,
  array: 0x30,
  binary: 0x38,
  objectId: 0x40,
  boolean: 0x48,
  date: 0x50,
  timestamp: 0x58,
  regex: 0x60,
  code: 0x68,
  maxKey: 0xf0,
};

/** Stands for `[]` in an index, as MongoDB's `undefined` does: below null, found by no equality. */
export const EMPTY = Symbol('empty array');

let scratch = Buffer.allocUnsafe(8192);
let end = 0;

function room(bytes: number): void {
  if (end + bytes <= scratch.length) return;
  const larger = Buffer.allocUnsafe(Math.max(scratch.length * 2, end + bytes));
  scratch.copy(larger, 0, 0, end);
  scratch = larger;
}

function byte(value: number): void {
  room(1);
  scratch[end++] = value;
}

function raw(bytes: Uint8Array): void {
  room(bytes.length);
  scratch.set(bytes, end);
  end += bytes.length;
}

function text(value: string): void {
  room(value.length * 3 + 2);
  if (value.includes('\0')) {
    for (const unit of Buffer.from(value)) {
      byte(unit);
      if (unit === 0) byte(0xff);
    }
  } else end += scratch.write(value, end);
  byte(0);
  byte(1); // two bytes, so that no text's encoding is the beginning of another's, not even of one with \0 inside
}

function double(value: number): void {
  room(8);
  const at = end;
  end = scratch.writeDoubleBE(Object.is(value, -0) ? 0 : value, at);
  const negative = (scratch[at] ?? 0) >= 0x80;
  for (let i = at; i < (negative ? end : at + 1); i++) scratch[i] = (scratch[i] ?? 0) ^ (negative ? 0xff : 0x80);
}

/** Sorts as: NaN, then by value. A double is followed by 0x80; what no double can hold, by which side of it it lies on. */
function number(value: number): void {
  byte(TAG.number);
  if (Number.isNaN(value)) raw(Buffer.alloc(8));
  else double(value);
  byte(0x80);
}

interface Decimal {
  negative: boolean;
  digits: string;
  /** The value is 0.digits × 10^exponent. */
  exponent: number;
}

function toDecimal(written: string): Decimal {
  const [mantissa = '', power = '0'] = written.toLowerCase().replace('+', '').split('e');
  const negative = mantissa.startsWith('-');
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  const all = whole + fraction;
  const significant = all.replace(/^0+/, '');
  return {
    negative,
    digits: significant.replace(/0+$/, ''),
    exponent: whole.length + Number(power) - (all.length - significant.length),
  };
}

function compareDecimals(a: Decimal, b: Decimal): number {
  const side = a.negative ? -1 : 1;
  if (a.exponent !== b.exponent) return a.exponent > b.exponent ? side : -side;
  return a.digits === b.digits ? 0 : a.digits > b.digits ? side : -side;
}

/** Longs above 2^53 and Decimal128: the nearest double first, then the rest. `written` is a decimal numeral. */
function exactNumber(written: string): void {
  const nearest = Number(written);
  if (!Number.isFinite(nearest)) {
    number(nearest);
    return;
  }
  const exact = toDecimal(written);
  const side = exact.digits === '' ? 0 : compareDecimals(exact, toDecimal(String(nearest)));
  number(nearest);
  if (side === 0) return;
  scratch[end - 1] = 0x80 + side;
  const from = end;
  room(2);
  end = scratch.writeUInt16BE(exact.exponent + 0x8000, end);
  text(exact.digits);
  if (exact.negative) for (let i = from; i < end; i++) scratch[i] = ~(scratch[i] ?? 0) & 0xff;
}

function composite(value: Doc): void {
  byte(TAG.object);
  for (const [name, field] of Object.entries(value)) {
    const at = end;
    encode(field);
    const encoded = Buffer.from(scratch.subarray(at, end));
    end = at;
    byte(encoded[0] ?? 0); // MongoDB compares a field's type, then its name, then its value
    text(name);
    raw(encoded);
  }
  byte(0);
}

function bsonValue(type: string, value: object): void {
  const { Binary, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, BSONSymbol } = mongoose.mongo;
  if (value instanceof ObjectId) {
    byte(TAG.objectId);
    raw(value.id);
  } else if (value instanceof Decimal128) exactNumber(value.toString());
  else if (type === 'Timestamp') {
    byte(TAG.timestamp);
    text((value as mongoose.mongo.Timestamp).toBigInt().toString().padStart(20, '0'));
  } else if (value instanceof Long) exactNumber(value.toString());
  else if (value instanceof Int32 || value instanceof Double) number(value.value);
  else if (value instanceof Binary) binary(value.value(), value.sub_type);
  else if (value instanceof MinKey) byte(TAG.minKey);
  else if (value instanceof MaxKey) byte(TAG.maxKey);
  else if (value instanceof BSONSymbol) {
    byte(TAG.string);
    text(value.value);
  } else {
    byte(type === 'BSONRegExp' ? TAG.regex : TAG.code);
    text(JSON.stringify(value));
  }
}

function binary(bytes: Uint8Array, subtype: number): void {
  byte(TAG.binary);
  room(5);
  end = scratch.writeUInt32BE(bytes.length, end);
  byte(subtype);
  raw(bytes);
}

function objectLike(value: object): void {
  if (value instanceof Date) {
    byte(TAG.date);
    room(8);
    end = scratch.writeBigInt64BE(BigInt(value.getTime() || 0), end);
    scratch[end - 8] = (scratch[end - 8] ?? 0) ^ 0x80;
  } else if (Array.isArray(value)) {
    byte(TAG.array);
    for (const item of value) encode(item);
    byte(0);
  } else if ('_bsontype' in value) bsonValue(String(value._bsontype), value);
  else if (value instanceof Uint8Array) binary(value, 0);
  else if (value instanceof RegExp) {
    byte(TAG.regex);
    text(value.source);
    text(value.flags);
  } else if (value instanceof Map) composite(Object.fromEntries(value) as Doc);
  else composite(plain(value) as Doc);
}

function encode(value: unknown): void {
  switch (typeof value) {
    case 'string':
      byte(TAG.string);
      text(value);
      return;
    case 'number':
      number(value);
      return;
    case 'boolean':
      byte(TAG.boolean);
      byte(value ? 1 : 0);
      return;
    case 'bigint':
      exactNumber(String(value));
      return;
    case 'object':
      if (value !== null) {
        objectLike(value);
        return;
      }
      break;
    default:
      if (value === EMPTY) {
        byte(TAG.emptyArray);
        return;
      }
  }
  byte(TAG.null); // undefined and missing sort and index as null
}

/** A document of Mongoose's or another class that says itself what it is to be stored as. */
export function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('toBSON' in value)) return value;
  return typeof value.toBSON === 'function' ? (value.toBSON as () => unknown)() : value;
}

/** One value (or several in a row) as an ordered key; `directions[i] === -1` turns the order of that part around. */
export function encodeKey(values: readonly unknown[], directions: readonly Direction[] = []): Buffer {
  end = 0;
  values.forEach((value, i) => {
    const at = end;
    encode(value);
    if (directions[i] === -1) for (let j = at; j < end; j++) scratch[j] = ~(scratch[j] ?? 0) & 0xff;
  });
  return Buffer.from(scratch.subarray(0, end));
}

/** The first byte of a value's encoding: values of one type share it, and range operators stay within it. */
export function typeTag(value: unknown): number {
  end = 0;
  encode(value);
  return scratch[0] ?? 0;
}
