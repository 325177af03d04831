import { expect, test } from 'vitest';
import { foldText, keysOf, matches, parseQuery, searchKeys } from '#shared/wire/search.ts';

/** Candidate by keys, then verified: what the index and the substring check do together. */
function finds(q: string, text: string): boolean {
  const query = parseQuery(q);
  const keys = new Set(searchKeys(text));
  return query.keys.every((key) => keys.has(key)) && matches(query, text);
}

const SENTENCES = {
  water: '金马街今晚停水，送水车停在文殊院街 5 号门口，先送独居老人。',
  estate: '3栋2单元的电梯又坏了，已报修，维修工 14:30 到。',
  names: '张三丰和欧阳娜娜负责 4 号院，王敏负责信息核对。',
  shanghai: '我家在上海东边，不在上海市区。',
  whitelist: '请把白名单发给物业，名单外的车辆要登记。',
  traditional: '請各單位於明天下午開會，討論電動車充電問題。',
  wide: '会议链接：ＺＯＯＭ　ＩＤ　８８６６，密码Ｌｉｎｌｉ２０２６。',
  latin: 'WeCom机器人已接入，iPhone15 收不到推送。',
  spaces: '第 7 居民小组 的 议事会 改到周三',
  phone: '值班电话 028-8662 1234，二十四小时有人接。',
  canteen: '社区食堂下周二开张，餐具已到货。',
  lines: '一、楼道灯\n二、晾衣架\n三、电动车棚',
  rumour: '网传金马街水管爆裂是假消息，以通报为准。',
  mixed: 'A座12楼和B座楼顶都漏水，联系Mr. Smith处理。',
};

test.each([
  ['送水车', 'water'],
  ['文殊院街5号', 'water'],
  ['文殊院街 5 号', 'water'],
  ['独居老人', 'water'],
  ['停水', 'water'],
  ['3栋2单元', 'estate'],
  ['3 栋 2 单元', 'estate'],
  ['电梯又坏', 'estate'],
  ['14:30', 'estate'],
  ['三丰', 'names'],
  ['张三', 'names'],
  ['娜娜', 'names'],
  ['4号院', 'names'],
  ['上海', 'shanghai'],
  ['海东', 'shanghai'],
  ['白名单', 'whitelist'],
  ['名单', 'whitelist'],
  ['单位', 'traditional'],
  ['討論', 'traditional'],
  ['讨论电动车', 'traditional'],
  ['充電', 'traditional'],
  ['zoom', 'wide'],
  ['8866', 'wide'],
  ['密码linli2026', 'wide'],
  ['ＬＩＮＬＩ', 'wide'],
  ['wecom', 'latin'],
  ['机器人', 'latin'],
  ['iphone15', 'latin'],
  ['iPhone', 'latin'],
  ['15 推送', 'latin'],
  ['7居民小组', 'spaces'],
  ['小组的议事会', 'spaces'],
  ['8662', 'phone'],
  ['二十四小时', 'phone'],
  ['食堂 餐具', 'canteen'],
  ['电动车棚', 'lines'],
  ['晾衣架', 'lines'],
  ['假消息', 'rumour'],
  ['12楼', 'mixed'],
  ['smith', 'mixed'],
] as const)('%s is found', (q, key) => {
  expect(finds(q, SENTENCES[key])).toBe(true);
});

test.each([
  ['水送', 'water'], // the other way round
  ['三栋', 'estate'],
  ['2栋', 'estate'],
  ['张丰', 'names'],
  ['上海市民', 'shanghai'],
  ['架三', 'lines'], // not across lines
  ['iPhone1', 'latin'],
  ['食堂 送水', 'canteen'], // every part has to be there
  ['２栋３单元', 'estate'],
] as const)('%s is not found', (q, key) => {
  expect(finds(q, SENTENCES[key])).toBe(false);
});

test('every pair of neighbouring Han characters of every sentence finds it', () => {
  for (const text of Object.values(SENTENCES)) {
    for (const [, pair = ''] of text.matchAll(/(?=(\p{Script=Han}{2}))/gu)) expect(finds(pair, text), pair).toBe(true);
  }
});

test('bigrams alone are no result: the words must stand together', () => {
  const text = '白名的人，名单在这';
  expect(parseQuery('白名单').keys.every((key) => searchKeys(text).includes(key))).toBe(true);
  expect(finds('白名单', text)).toBe(false);
});

test('one character, punctuation and nothing have no keys: only a bounded scan can answer', () => {
  for (const q of ['水', '？', ' ', '']) expect(parseQuery(q).keys).toEqual([]);
  expect(matches(parseQuery('水'), SENTENCES.water)).toBe(true);
  expect(matches(parseQuery('  '), SENTENCES.water)).toBe(false);
});

test('keys stay short and few whatever is pasted', () => {
  expect(searchKeys('a'.repeat(5_000))).toEqual(['a'.repeat(64)]);
  expect(finds('a'.repeat(100), 'a'.repeat(5_000))).toBe(true);
  const started = performance.now();
  expect(searchKeys('水电气'.repeat(2_000)).length).toBeLessThan(10);
  expect(keysOf(foldText('𠮷野家'))).toEqual(['𠮷野', '野家']);
  expect(performance.now() - started).toBeLessThan(500);
});
