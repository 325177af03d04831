import { expect, test } from 'vitest';
import { decode, readTable } from '#server/people/import.table.ts';

const TABLE = '登录名,姓名,单位,岗位,开始日期,结束日期\r\nwangmin,王敏,文殊社区,信息员,2026/12/1,2027年1月31日\r\n';
const ROW = {
  ...{ line: 2, login: 'wangmin', name: '王敏', unit: '文殊社区', role: 'officer' },
  ...{ from: '2026-11-30T16:00:00.000Z', until: '2027-01-31T16:00:00.000Z' }, // the last day is part of it
};

/** 王敏 and 文殊 as Excel in China saves them. */
const GB18030 = Buffer.from(
  'b5c7c2bcc3fb2cd0d5c3fb2cb5a5cebb2cb8dacebb0a77616e676d696e2ccdf5c3f42ccec4cae2c9e7c7f82cd0c5cfa2d4b10a',
  'hex',
);

test('a table is read with a byte order mark or without, in UTF-8 or GB18030, with Chinese headings or English', () => {
  const utf8 = new TextEncoder().encode(TABLE);
  expect(readTable(decode(utf8) ?? '')).toEqual({ rows: [ROW], problems: [], unread: [] });
  expect(readTable(decode(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), utf8])) ?? '').rows).toEqual([ROW]);
  expect(readTable(decode(GB18030) ?? '').rows).toEqual([{ ...ROW, from: undefined, until: null }]);
  const english = 'Login\tName\tUnit code\tRole\tPhone\nWangMin\t王敏\twenshu\tInformation officer\t138\n';
  expect(readTable(english)).toMatchObject({
    rows: [{ login: 'wangmin', unit: 'wenshu', role: 'officer', until: null }],
    unread: ['Phone'],
  });
  expect(decode(Buffer.from([0xff, 0xff, 0xff]))).toBeUndefined();
});

test('every bad line is named with its number and what is wrong with it; a quoted line break does not shift the count', () => {
  const text = [
    '登录名,姓名,单位,岗位,止',
    'a1,"王\n敏",文殊社区,信息员,', // lines 2 and 3
    'b1,,文殊社区,信息员,',
    'c1,丙,文殊社区,主任,',
    'd1,丁,文殊社区,信息员,2026-02-30',
    ',,,,',
    'e1,戊,文殊社区,officer,2026-12-31',
  ].join('\n');
  const { rows, problems } = readTable(text);
  expect(problems).toEqual([
    { line: 4, reason: 'name missing' },
    { line: 5, reason: 'there is no post "主任"' },
    { line: 6, reason: '"2026-02-30" is no day' },
  ]);
  expect(rows.map(({ login }) => login)).toEqual(['a1', 'e1']);
  expect(readTable('登录名,姓名,单位\n').problems).toEqual([{ line: 1, reason: 'no column 岗位 (role)' }]);
  expect(readTable('登录名,姓名,单位,岗位\na1,"甲').problems).toMatchObject([{ reason: 'cannot be read as a table' }]);
});
