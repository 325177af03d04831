/** A conversation in one room: who, how many minutes after the one before, what. `>` quotes the line n above. */
export interface Talk {
  room: string;
  /** Days before today and the hour it began, China time; or hours before now for what is still going on. */
  at: { day: number; hour: number } | { hoursAgo: number };
  lines: readonly (readonly [login: string, minutes: number, text: string, reply?: number])[];
}

/** Rooms by key: unit code, title, who may read. */
export const ROOMS = {
  work: { unit: 'wenshu', title: '社区工作群', kind: 'open' },
  grid: { unit: 'wenshu', title: '金马街网格', kind: 'members' },
  board: { unit: 'wenshu', title: '社区公告', kind: 'announce' },
  duty: { unit: 'qingyang-street', title: '街道值班', kind: 'open', audience: 'subtree' },
  canteen: { unit: 'qingyang-street', title: '社区食堂筹备', kind: 'members' },
  babaojie: { unit: 'babaojie', title: '八宝街工作群', kind: 'open' },
  toufujie: { unit: 'toufujie', title: '头福街工作群', kind: 'open' },
  wuyuegong: { unit: 'wuyuegong', title: '五岳宫工作群', kind: 'open' },
} as const;

export const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  grid: ['worker', 'worker2', 'officer', 'zhoujianguo', 'fengjie', 'zengqiang'],
  canteen: ['spokesperson', 'deputy', 'approver', 'wudan', 'zhangrui', 'maxiaoyan', 'officer'],
};

export const TALKS: readonly Talk[] = [
  {
    room: 'work',
    at: { day: 13, hour: 9 },
    lines: [
      ['zhoujianguo', 0, '早。这周三件事：楼道灯统计、重阳节剩的慰问品送完、居民代表会议的通知贴到每个单元门。'],
      ['worker', 3, '楼道灯我来统计，先走3号院到6号院。'],
      ['worker2', 2, '慰问品还剩7份，都是80岁以上独居的，我下午和刘姐一起送。'],
      ['liuyulan', 1, '好，两点社区门口见。'],
      ['officer', 6, '通知我排版，中午前发群里，大家看一眼再打印。'],
      ['zhoujianguo', 2, '字大一点，老人家看得清。'],
      ['officer', 95, '排好了：11月22日晚七点半，服务站二楼，议题四个。有错字告诉我。'],
      ['xiaolin', 4, '第三个议题「院落公共空间使用时间」，是不是把「时间」写成「时候」了？'],
      ['officer', 2, '改了，谢谢。', 1],
    ],
  },
  {
    room: 'work',
    at: { day: 12, hour: 10 },
    lines: [
      ['worker', 0, '楼道灯统计完：3号院坏4盏，4号院2盏，5号院全好，6号院1盏，声控不灵的另有3盏。'],
      ['zengqiang', 3, '物业说灯泡今天到货，明天换。'],
      ['worker', 1, '我把位置写在表里了，换完请物业逐个打勾。'],
      ['zhoujianguo', 5, '好。周五回头看一次。'],
    ],
  },
  {
    room: 'grid',
    at: { day: 11, hour: 14 },
    lines: [
      ['worker2', 0, '7号院的旧单车清了11辆，还有2辆有人认领，贴了条等到周日。'],
      ['fengjie', 2, '门卫老张说有一辆是他侄子的，让他打电话给你。'],
      ['worker2', 1, '行，电话写在条上了。'],
      ['officer', 8, '4号院2单元底楼反映下水道返味，我约了疏通公司明天上午十点。'],
      ['zengqiang', 2, '明天我在，钥匙我拿。'],
      ['officer', 1, '好，辛苦。'],
    ],
  },
  {
    room: 'duty',
    at: { day: 10, hour: 18 },
    lines: [
      ['deputy', 0, '今晚我值班，电话：028 5550 0100。各社区有事直接打，群里也看。'],
      ['tangying', 12, '头福街收到。菜市场那边今晚消防拉练，八点到九点，已贴告示。'],
      ['huangwei', 4, '八宝街收到。建设工地说今晚浇筑到十点，手续齐的，我去看过。'],
      ['weiping', 6, '五岳宫收到，没有特别的事。'],
      ['officer', 3, '文殊收到。二次供水泵房这两天声音大，物业答应周三检修。'],
      ['deputy', 2, '泵房的事记下了，周四我来问结果。', 1],
    ],
  },
  {
    room: 'babaojie',
    at: { day: 9, hour: 9 },
    lines: [
      ['huangwei', 0, '工地夜间施工，昨晚到今早来了6户反映，主要是2号楼临街那一面。'],
      ['songxia', 3, '我这边也有3户，都说十点后还有打夯的声音。'],
      ['pengbo', 4, '我手机录了一段，22:40，能听清。'],
      ['huangwei', 2, '先和项目部约下午当面说，居民代表一起去。'],
      ['yefang', 1, '我约两位代表：2号楼的赵老师，5号楼的吴阿姨。'],
      ['huangwei', 180, '谈完了：十点以后不打夯，浇筑提前一天在门口贴告示。贴了我拍照。'],
      ['songxia', 3, '好，我去回反映的住户。'],
    ],
  },
  {
    room: 'canteen',
    at: { day: 8, hour: 15 },
    lines: [
      ['wudan', 0, '食堂场地的水电改造报价来了两家，8.2万和9.6万，差别在排烟。'],
      ['zhangrui', 4, '贵的那家油烟净化做到二级，另一家只到一级，楼上有住户。'],
      ['spokesperson', 3, '楼上住户的意见先听。下周一晚上开个恳谈会，请住户来看图纸。'],
      ['maxiaoyan', 2, '我来约，二楼到四楼一共9户。'],
      ['officer', 5, '文殊那边问的人最多，主要是几点开门、老人有没有折扣。'],
      ['wudan', 2, '开门时间想定早七点到晚七点，折扣等上面的补贴文件。'],
    ],
  },
  {
    room: 'work',
    at: { day: 7, hour: 11 },
    lines: [
      ['worker2', 0, '慰问品7份全部送到。王婆婆家灶具打火不灵，我请了燃气公司明天上门。'],
      ['liuyulan', 2, '她儿子在外地，我打了电话，让他放心。'],
      ['zhoujianguo', 3, '这样好。'],
      ['xiaolin', 10, '图书角新到30本，大字版的有12本，放第二层了。'],
      ['worker', 1, '老年读书会周四下午三点照常。'],
    ],
  },
  {
    room: 'toufujie',
    at: { day: 6, hour: 8 },
    lines: [
      ['tangying', 0, '头福街18号门口人行道有两块地砖松了，昨晚一位老人绊了一下，没有受伤。'],
      ['guozhigang', 2, '我先放了隔离墩和提示牌。'],
      ['linmei', 5, '道桥那边说今天来看，要报编号。'],
      ['tangying', 3, '我在「关注」里标了，编号报给你。'],
      ['xiejun', 240, '道桥来过了，说周内修，先垫平。'],
    ],
  },
  {
    room: 'grid',
    at: { day: 5, hour: 16 },
    lines: [
      ['worker', 0, '5号院问：广场舞能不能改到八点半结束？孩子要做作业。'],
      ['fengjie', 4, '跳舞的那边说八点半可以，周末想到九点。'],
      ['worker', 2, '那写进周日的议题，两边都来人。'],
      ['zhoujianguo', 6, '3号院说考试周全部提前到八点，也一起记。'],
    ],
  },
  {
    room: 'wuyuegong',
    at: { day: 4, hour: 9 },
    lines: [
      ['weiping', 0, '五岳宫街这两天早上水压低，六点半到七点半，二楼都小。'],
      ['panhong', 3, '我住四楼，七点几乎没有。'],
      ['duyu', 2, '水务热线说在查，没有停水计划。'],
      ['weiping', 5, '先记着，一共5户。要是再来就标出来。'],
      ['chengxiaoli', 2, '文殊那边的泵房检修会不会有关系？'],
      ['weiping', 1, '有可能，我问问王敏。'],
    ],
  },
  {
    room: 'duty',
    at: { day: 3, hour: 9 },
    lines: [
      ['deputy', 0, '文殊泵房检修做完了吗？'],
      ['officer', 9, '物业说周三做了保养，换了一个轴承，电缆等备件。'],
      ['deputy', 2, '备件什么时候到？'],
      ['officer', 4, '说下周。我每天早上去听一次声音。'],
      ['approver', 6, '电缆的事催一下，冬天用水高峰。'],
    ],
  },
  {
    room: 'board',
    at: { day: 3, hour: 11 },
    lines: [
      ['officer', 0, '【会议】居民代表会议22日晚七点半照常开，地点服务站二楼。请代表带上上次的行动项清单。'],
      ['officer', 1, '【提醒】天气转冷，家里用电热毯、油汀的，睡前请检查插座。社区可以上门帮忙看。'],
    ],
  },
  {
    room: 'work',
    at: { day: 2, hour: 9 },
    lines: [
      ['denglihua', 0, '有人在业主群里转「文殊片区要统一断气三天」，我问了燃气公司，没有这个计划。'],
      ['worker2', 2, '我这边也有两位阿姨来问。'],
      ['officer', 3, '我标出来了，请街道统一说明。大家先照这句回：目前没有停气计划，以街道公开回应为准。'],
      ['liuyulan', 4, '好，照这句说。'],
      ['zhoujianguo', 3, '别和传话的人吵，告诉他去哪里看就行。'],
    ],
  },
  {
    room: 'work',
    at: { day: 1, hour: 17 },
    lines: [
      ['worker', 0, '明天的会：签到表、座签、投影我都检查过了。'],
      ['worker2', 3, '水和纸杯够50人。轮椅通道的坡板我再去固定一下。'],
      ['zhoujianguo', 5, '应到45位代表，现在回话的38位。'],
      ['officer', 2, '没回话的我晚上再打一遍电话。'],
    ],
  },
  {
    room: 'work',
    at: { hoursAgo: 5.6 },
    lines: [
      ['worker', 0, '3号院好几户说没水了，有人闻到泵房有焦味。'],
      ['zengqiang', 2, '我在4号院，这边也没有。'],
      ['officer', 1, '我马上到泵房，大家先别靠近。'],
      ['officer', 9, '金马街3号院、4号院没水了，泵房有焦味，物业正在查。'],
      ['worker2', 2, '我去统计独居老人，先把桶借出来。'],
      ['liuyulan', 3, '3号院2单元的王婆婆、5单元的李爷爷，都在家。'],
      ['zhoujianguo', 4, '送水车我来联系，停文殊院街5号门口。'],
      ['officer', 15, '物业确认：泵房电缆烧了，3号院到6号院一共612户没水，没有人受伤。'],
      ['worker', 3, '我和杨婷一层一层敲门说。'],
      ['xiaolin', 6, '服务站的饮水机开着，可以来接。'],
    ],
  },
  {
    room: 'grid',
    at: { hoursAgo: 4.2 },
    lines: [
      ['fengjie', 0, '送水车到了，文殊院街5号门口，先送独居老人。'],
      ['worker2', 4, '4号院2单元要一桶，不方便下楼。'],
      ['zengqiang', 2, '我送上去。'],
      ['worker', 5, '5号院也要3桶，都是三楼以上。'],
      ['officer', 3, '记下了。送完的在这里说一声，我好对名单。'],
    ],
  },
  {
    room: 'work',
    at: { hoursAgo: 1.1 },
    lines: [
      ['officer', 0, '3号院还有几位要送？'],
      ['worker', 3, '5位，我和杨婷现在送。', 1],
      ['liuyulan', 12, '王婆婆家送到了，她说谢谢大家。'],
      ['officer', 9, '电缆接好了，正在试压，以通报为准。'],
    ],
  },
];

/** What a room says on an ordinary day; {} is filled with a place, a number or a name. */
export const ROUTINE: readonly string[] = [
  '{place}的垃圾桶清过了，地也冲了。',
  '{place}有辆电动车推进楼道充电，劝下去了，楼下有充电棚。',
  '今天巡了{count}个单元，消防通道都是通的。',
  '{name}来问老年证在哪里办，我把材料单发给她了。',
  '{place}的门禁刷不开，物业下午来看。',
  '谁有{place}的电工电话？',
  '{place}的路灯有一盏闪，我报了。',
  '{name}家的狗找到了，谢谢大家帮忙看。',
  '明天上午九点疫苗接种点在服务站一楼，请提醒60岁以上的。',
  '{place}晾衣架的螺丝松了，先用绳子固定。',
  '本月居务公开贴出来了，网上也能看。',
  '{name}反映楼上漏水，我下班前去一趟。',
  '快递柜占了{place}的通道，和公司说好周一挪。',
  '{place}的银杏叶多，清洁队下午加一次。',
  '高龄津贴的名单核了{count}户，有两户要补照片。',
  '服务站打印机修好了。',
  '{name}想报名周末的义剪，还有名额吗？',
  '义剪还有{count}个名额，十点开始。',
  '{place}有人把共享单车停在盲道上，挪开了。',
  '今天接待{count}位居民，两件要转给物业。',
];
export const PLACES: readonly string[] = [
  '3号院',
  '4号院2单元',
  '5号院',
  '6号院门口',
  '7号院',
  '文殊院街12号',
  '金马街口',
  '菜市场后门',
  '服务站门前',
  '8号院地下车棚',
];
export const NEIGHBOURS: readonly string[] = ['张婆婆', '吴阿姨', '赵老师', '刘叔', '李爷爷', '陈姐', '周大姐', '小何'];
