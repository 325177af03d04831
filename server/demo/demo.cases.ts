/** A concern of the demo as it came in and as far as it got. */
export interface Concern {
  key: string;
  unit: string;
  by: string;
  title: string;
  what: string;
  where: string;
  source: string;
  /** Hours before now. */
  flagged: number;
  severity: 'I' | 'II' | 'III' | 'IV' | 'U';
  category: string;
  /** Who else told us, hours before now: `again` for the same person once more. */
  reports: readonly (readonly [hoursAgo: number, unit: string, text: string])[];
  triaged?: {
    ago: number;
    verification: string;
    evidence?: string;
    mustAnswer?: number;
    communities?: readonly string[];
  };
  lead?: { ago: number; login: string };
}

export const CONCERNS: readonly Concern[] = [
  {
    key: 'water',
    unit: 'wenshu',
    by: 'officer',
    title: '金马街3号院至6号院停水',
    what: '金马街3号院、4号院没水了，泵房有焦味，物业正在查。',
    where: '金马街泵房',
    source: '亲眼看到',
    flagged: 5.3,
    severity: 'III',
    category: 'livelihood',
    reports: [
      [5.2, 'wenshu', '3号院2单元没水，家里有老人。'],
      [5.1, 'wenshu', '4号院全楼没水。'],
      [5.0, 'wenshu', '5号院1单元水压没有了。'],
      [4.9, 'babaojie', '我们这边也没水，是不是一起停的？'],
      [4.7, 'wenshu', '6号院问几点来水。'],
      [4.4, 'wuyuegong', '水压很小，四楼没有。'],
      [4.0, 'wenshu', '4号院2单元没水，老人不便下楼。'],
      [3.5, 'wenshu', '幼儿园做饭要用水。'],
      [2.2, 'wenshu', '送水车在哪里？'],
    ],
    triaged: { ago: 5.0, verification: 'verified', communities: ['wenshu', 'babaojie', 'wuyuegong'] },
    lead: { ago: 4.95, login: 'officer' },
  },
  {
    key: 'noise',
    unit: 'babaojie',
    by: 'huangwei',
    title: '八宝街夜间施工噪声',
    what: '工地昨晚打夯到零点以后，2号楼和5号楼临街的住户睡不着。',
    where: '八宝街工地东门',
    source: '居民说的',
    flagged: 8.4,
    severity: 'IV',
    category: 'livelihood',
    reports: [
      [8.3, 'babaojie', '22:40还在打夯，有录音。'],
      [8.2, 'babaojie', '孩子要上学，请管一管。'],
      [8.0, 'babaojie', '5号楼也听得见。'],
      [7.6, 'toufujie', '隔一条街都听得到。'],
      [6.9, 'babaojie', '上周说好十点停的。'],
      [2.4, 'babaojie', '白天也很响。'],
    ],
  },
  {
    key: 'rumour',
    unit: 'wenshu',
    by: 'denglihua',
    title: '网传「文殊片区要统一断气」',
    what: '业主群里转「文殊片区要统一断气三天」，燃气公司说没有这个计划。',
    where: '文殊片区',
    source: '网上看到',
    flagged: 11,
    severity: 'U',
    category: 'rumour',
    reports: [
      [10.6, 'wenshu', '是不是真的？要不要先做饭？'],
      [10.1, 'wenshu', '我们楼也在传。'],
      [9.0, 'babaojie', '八宝街也有人问。'],
      [6.2, 'wenshu', '老人已经去买煤气罐了。'],
    ],
    triaged: { ago: 10.2, verification: 'refuted', evidence: '燃气公司书面答复：无停气计划', mustAnswer: 5 },
    lead: { ago: 10.1, login: 'denglihua' },
  },
  {
    key: 'pressure',
    unit: 'wuyuegong',
    by: 'weiping',
    title: '五岳宫街水压低',
    what: '早上六点半到七点半二楼以上水小，四楼几乎没有。',
    where: '五岳宫街7号至15号',
    source: '居民说的',
    flagged: 7.4,
    severity: 'IV',
    category: 'livelihood',
    reports: [
      [7.2, 'wuyuegong', '四楼七点没有水。'],
      [6.8, 'wuyuegong', '连着四天了。'],
      [5.9, 'wuyuegong', '热水器打不着。'],
    ],
  },
  {
    key: 'tiles',
    unit: 'toufujie',
    by: 'tangying',
    title: '头福街人行道地砖松动',
    what: '18号门口两块地砖松了，一位老人绊了一下，没有受伤。',
    where: '头福街18号门口',
    source: '亲眼看到',
    flagged: 7,
    severity: 'IV',
    category: 'livelihood',
    reports: [
      [6.5, 'toufujie', '轮椅过不去。'],
      [5.5, 'toufujie', '下雨会溅水。'],
    ],
    triaged: { ago: 6.8, verification: 'verified' },
    lead: { ago: 6.7, login: 'tangying' },
  },
  {
    key: 'canteen',
    unit: 'wenshu',
    by: 'officer',
    title: '社区食堂开业时间，居民来问',
    what: '一周里有9位居民问几点开门、老人有没有折扣，多是60岁以上。',
    where: '社区食堂',
    source: '居民说的',
    flagged: 28,
    severity: 'IV',
    category: 'policy',
    reports: [
      [26, 'wenshu', '什么时候开业？'],
      [20, 'wenshu', '有没有老年卡？'],
      [5, 'wenshu', '能不能送餐？'],
    ],
    triaged: { ago: 26, verification: 'verified', mustAnswer: 2 },
    lead: { ago: 25.5, login: 'officer' },
  },
  {
    key: 'lamp',
    unit: 'wenshu',
    by: 'officer',
    title: '白云寺街路灯不亮',
    what: '白云寺街9号到21号一排路灯不亮，晚上接孩子看不清路。',
    where: '白云寺街9号至21号',
    source: '来电',
    flagged: 60,
    severity: 'IV',
    category: 'livelihood',
    reports: [[58, 'wenshu', '昨晚有人摔了一跤，没有受伤。']],
    triaged: { ago: 59, verification: 'verified' },
    lead: { ago: 58.9, login: 'officer' },
  },
  {
    key: 'drill',
    unit: 'toufujie',
    by: 'tangying',
    title: '菜市场后门冒烟',
    what: '居民说菜市场后门冒烟，到现场看是消防拉练放的烟饼。',
    where: '菜市场后门',
    source: '来电',
    flagged: 100,
    severity: 'U',
    category: 'other',
    reports: [],
  },
];
