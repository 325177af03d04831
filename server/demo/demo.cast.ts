import type { Level, Role } from '#shared/people/people.policy.ts';

/** The places of the demo: a street with four communities, a district and a city above it, and another district. */
export const UNITS: readonly { code: string; name: string; level: Level; parent: string | null }[] = [
  { code: 'chengdu', name: '成都市', level: 'city', parent: null },
  { code: 'qingyang', name: '青羊区', level: 'district', parent: 'chengdu' },
  { code: 'qingyang-street', name: '青羊街道', level: 'street', parent: 'qingyang' },
  { code: 'wenshu', name: '文殊社区', level: 'community', parent: 'qingyang-street' },
  { code: 'babaojie', name: '八宝街社区', level: 'community', parent: 'qingyang-street' },
  { code: 'toufujie', name: '头福街社区', level: 'community', parent: 'qingyang-street' },
  { code: 'wuyuegong', name: '五岳宫社区', level: 'community', parent: 'qingyang-street' },
  { code: 'jinjiang', name: '锦江区', level: 'district', parent: 'chengdu' },
  { code: 'chunxilu', name: '春熙路街道', level: 'street', parent: 'jinjiang' },
  { code: 'kuixinglou', name: '奎星楼社区', level: 'community', parent: 'chunxilu' },
];

interface Cast {
  login: string;
  name: string;
  posts: readonly (readonly [Role, string])[];
}

const one = (login: string, name: string, role: Role, unit: string): Cast => ({ login, name, posts: [[role, unit]] });

/** The people a visitor can sign in as, by the names the hub prints. */
export const NAMED: readonly Cast[] = [
  one('worker', '李华', 'worker', 'wenshu'),
  one('worker2', '杨婷', 'worker', 'wenshu'),
  one('officer', '王敏', 'officer', 'wenshu'),
  one('approver', '赵蕾', 'approver', 'qingyang-street'),
  one('spokesperson', '陈静', 'spokesperson', 'qingyang-street'),
  one('deputy', '唐明', 'officer', 'qingyang-street'),
  one('moderator', '何芳', 'moderator', 'qingyang-street'),
  one('auditor', '罗建平', 'auditor', 'qingyang-street'),
  one('city-auditor', '方圆', 'auditor', 'chengdu'),
  one('admin', '刘洋', 'admin', 'qingyang-street'),
  one('outsider', '周倩', 'worker', 'kuixinglou'),
];

/** Everybody else in the building. */
export const OTHERS: readonly Cast[] = [
  one('zhoujianguo', '周建国', 'worker', 'wenshu'),
  one('liuyulan', '刘玉兰', 'worker', 'wenshu'),
  one('fengjie', '冯杰', 'worker', 'wenshu'),
  one('xiaolin', '肖琳', 'worker', 'wenshu'),
  one('zengqiang', '曾强', 'worker', 'wenshu'),
  one('denglihua', '邓丽华', 'officer', 'wenshu'),
  one('huangwei', '黄伟', 'officer', 'babaojie'),
  one('songxia', '宋霞', 'worker', 'babaojie'),
  one('pengbo', '彭博', 'worker', 'babaojie'),
  one('yefang', '叶芳', 'worker', 'babaojie'),
  one('jiangtao', '蒋涛', 'worker', 'babaojie'),
  one('luoxue', '罗雪', 'worker', 'babaojie'),
  one('tangying', '唐颖', 'officer', 'toufujie'),
  one('guozhigang', '郭志刚', 'worker', 'toufujie'),
  one('linmei', '林梅', 'worker', 'toufujie'),
  one('xiejun', '谢军', 'worker', 'toufujie'),
  one('hanlu', '韩露', 'worker', 'toufujie'),
  one('caoyong', '曹勇', 'worker', 'toufujie'),
  one('weiping', '魏萍', 'officer', 'wuyuegong'),
  one('panhong', '潘红', 'worker', 'wuyuegong'),
  one('duyu', '杜宇', 'worker', 'wuyuegong'),
  one('chengxiaoli', '程晓莉', 'worker', 'wuyuegong'),
  one('yanfei', '严飞', 'worker', 'wuyuegong'),
  one('renjing', '任静', 'worker', 'wuyuegong'),
  one('wudan', '吴丹', 'officer', 'qingyang-street'),
  one('zhangrui', '张睿', 'worker', 'qingyang-street'),
  one('maxiaoyan', '马晓燕', 'worker', 'qingyang-street'),
  one('sunhao', '孙浩', 'officer', 'qingyang'),
  one('qinyue', '秦悦', 'spokesperson', 'qingyang'),
  one('longbin', '龙斌', 'approver', 'qingyang'),
  one('shiwen', '石雯', 'officer', 'chengdu'),
];

/** The password of everybody here, in demo mode alone. */
export const DEMO_PASSWORD = 'linli-demo';
