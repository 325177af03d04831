import { describe, expect, it } from 'vitest';
import { findSimilar, WINDOW, type Candidate } from '#shared/incidents/incidents.similar.ts';
import { BABAO, HOUR, id, START, WENSHU } from '../support/incident-desk.ts';

const TEXTS = [
  '金马街 3 号院、4 号院早上七点多起停水，泵房有焦味，物业正在查',
  '八宝街工地夜里十二点还在打桩，老人睡不着',
  '文殊院西侧人行道地砖松动，一位老人绊倒，没有受伤',
  '网上说文殊片区下周要统一停气检修，居民来问是不是真的',
  '白云寺街路灯连着三晚不亮，晚归的居民看不清台阶',
  '酱园公所街快递柜占了盲道，推轮椅过不去',
  '社区食堂开业时间推迟，交了钱的居民来问什么时候能吃上饭',
  '五岳宫街二楼以上水压低，热水器打不着火',
  '头福街垃圾站清运不及时，气味大，居民要求换位置',
  '幼儿园门口放学时电动车逆行，家长担心孩子安全',
  'The lift in block 7 has been stuck since last night, two residents cannot come down',
  '奎星楼街火锅店油烟管对着居民楼，窗户不敢开',
];

const candidate = (n: number, more: Partial<Candidate> = {}): Candidate => ({
  incident: id(n),
  code: `I-${n}`,
  title: (TEXTS[n] ?? '').slice(0, 12),
  text: TEXTS[n] ?? '',
  unit: WENSHU,
  category: 'livelihood',
  at: START - HOUR,
  ...more,
});
const all = TEXTS.map((_, n) => candidate(n));
const ask = (text: string, candidates = all) =>
  findSimilar({ text, unit: WENSHU, category: undefined, at: START }, candidates);

const cut = (text: string, from: number, to: number): string =>
  Array.from(text)
    .slice(Math.round(text.length * from), Math.round(text.length * to))
    .join('');
const TRADITIONAL: Readonly<Record<string, string>> = {
  马: '馬',
  号: '號',
  来: '來',
  楼: '樓',
  气: '氣',
  时: '時',
  间: '間',
  门: '門',
  电: '電',
  车: '車',
};

const DISTORTIONS: readonly [string, (text: string) => string][] = [
  ['as it was', (text) => text],
  ['forwarded with a comment', (text) => `转：【群消息】@王敏：${text}，大家注意一下`],
  ['the first 60 %', (text) => cut(text, 0, 0.6)],
  [
    'every twentieth character lost',
    (text) =>
      Array.from(text)
        .filter((_, n) => n % 20 !== 7)
        .join(''),
  ],
  ['clauses in another order', (text) => text.split(/[，,]/).reverse().join('，')],
  ['in traditional script', (text) => Array.from(text, (c) => TRADITIONAL[c] ?? c).join('')],
  ['the last 40 %', (text) => cut(text, 0.6, 1)],
  [
    'full width and other punctuation',
    (text) => text.replaceAll('，', '。').replace(/\d/g, (d) => String.fromCharCode(d.charCodeAt(0) + 0xfee0)),
  ],
];

describe('a near-duplicate is found', () => {
  it.each(DISTORTIONS)('%s', (_, distort) => {
    TEXTS.forEach((text, n) => {
      expect(ask(distort(text))[0]?.incident, text).toBe(id(n));
    });
  });

  it('whichever way a number is written', () => {
    const found = ask('金马街三号院和四号院停水了，泵房有焦味');
    expect(found[0]).toMatchObject({ incident: id(0) });
    expect(found[0]?.elsewhere).toBeUndefined();
  });
});

describe('what is not alike', () => {
  it('something else finds nothing', () => {
    expect(ask('明天下午三点在活动室打疫苗，请带身份证')).toEqual([]);
    expect(ask('')).toEqual([]);
    expect(ask(TEXTS[0] ?? '', [])).toEqual([]);
  });

  it.each([
    ['another courtyard', '金马街 9 号院早上七点多起停水，泵房有焦味，物业正在查'],
    ['another building', '金马街 12 栋早上七点多起停水，泵房有焦味，物业正在查'],
  ])('the same words about %s are capped and say so', (_, text) => {
    const [first] = ask(text);
    expect(first).toMatchObject({ incident: id(0), elsewhere: true });
    expect(first?.score).toBeLessThanOrEqual(0.49);
  });

  it('one number in common is the same place', () => {
    expect(ask('金马街 4 号院停水，泵房有焦味')[0]?.elsewhere).toBeUndefined();
  });

  it('place, time and category add to words and never replace them', () => {
    const far = candidate(0, { unit: BABAO, at: START - WINDOW });
    const near = candidate(0, { incident: id(90) });
    const [first, second] = ask(TEXTS[0] ?? '', [far, near]);
    expect([first?.incident, second?.incident]).toEqual([id(90), id(0)]);
    expect(first?.score).toBeGreaterThan(second?.score ?? 1);
  });
});

it('shows five at most, and is quick with a street full of candidates', () => {
  const many = Array.from({ length: 400 }, (_, n) => candidate(n % TEXTS.length, { incident: id(1000 + n) }));
  const start = performance.now();
  expect(ask(TEXTS[0] ?? '', many)).toHaveLength(5);
  expect(performance.now() - start).toBeLessThan(500); // ms; a few in fact
});
