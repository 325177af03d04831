import type { Locale } from '#client/platform/format.ts';
import type { StreamKind } from '#shared/wire/stream.ts';

/*
 * What happened, in plain words, by kind of stream and type of event. The compiler cannot see what is missing here:
 * test/rules/client-audit.test.ts does.
 */

type Said = Readonly<Record<string, readonly [zh: string, en: string]>>;

/** Doors and looks: the security log. */
const LOG: Said = {
  'signed-in': ['登录', 'Signed in'],
  'sign-in.refused': ['登录没有成功', 'Sign-in refused'],
  'stepped-up': ['再次证明了身份', 'Proved once more who they are'],
  'password.changed': ['改了密码', 'Changed the password'],
  'factor.begun': ['开始设置动态码', 'Began to set up the code'],
  'factor.enrolled': ['启用了动态码', 'Set up the code'],
  'factor.dropped': ['停用了动态码', 'Gave up the code'],
  'recovery-codes.renewed': ['换了恢复码', 'Renewed the recovery codes'],
  'factor.reset': ['动态码被重置', 'The code was reset'],
  'recovery-code.used': ['用了恢复码', 'Used a recovery code'],
  'audit.listed': ['查了审计目录', 'Listed streams for audit'],
  'audit.read': ['查阅了记录', 'Read a record for audit'],
  'audit.exported': ['导出了记录', 'Took a record away'],
  'data.copied': ['取走了自己的数据', 'Took a copy of their own data'],
  refused: ['要做的事没有权限', 'Was refused'],
  'refused.again': ['一分钟内又多次被拒绝', 'Was refused again within a minute'],
};

const UNIT: Said = {
  'people.founded': ['设立单位', 'Unit founded'],
  'people.renamed': ['单位改名', 'Unit renamed'],
  'people.closed': ['单位撤并', 'Unit closed'],
  'people.proposed': ['提出给岗位，等确认', 'Post proposed'],
  'people.appointed': ['给了岗位', 'Post given'],
  'people.ended': ['结束了岗位', 'Post ended'],
  'forum.opened': ['单位里开了房间', 'Room opened in the unit'],
  'incidents.touched': ['一件关注有变化', 'A concern changed'],
};

const ROOM: Said = {
  opened: ['开了房间', 'Room opened'],
  posted: ['发了消息', 'Message posted'],
  edited: ['改了消息', 'Message edited'],
  retracted: ['撤下消息', 'Message taken down'],
  reacted: ['表了态', 'Reacted'],
  joined: ['加进房间', 'Joined'],
  left: ['离开房间', 'Left'],
};

const MEETING: Said = {
  created: ['建了会议', 'Meeting called'],
  item_added: ['加了议题', 'Agenda item added'],
  attendance_set: ['记了到会', 'Attendance recorded'],
  submitted: ['提交纪要待签', 'Minutes submitted'],
  sent_back: ['退回纪要', 'Minutes sent back'],
  signed: ['签了纪要', 'Minutes signed'],
};

const INCIDENT: Said = {
  flagged: ['报了关注', 'Concern flagged'],
  triaged: ['研判', 'Triaged'],
  assigned: ['指派', 'Assigned'],
  accepted: ['接手', 'Taken on'],
  reported: ['又有人反映', 'Reported again'],
  noted: ['记了情况', 'Note added'],
  regraded: ['改了等级', 'Graded anew'],
  verified: ['核实', 'Verified'],
  answered: ['已有回应发布', 'Answered in public'],
  resolved: ['办结', 'Resolved'],
  dismissed: ['不受理', 'Dismissed'],
};

const RESPONSE: Said = {
  drafted: ['起草回应', 'Response begun'],
  submitted: ['送审', 'Submitted for review'],
  returned: ['退回修改', 'Returned'],
  reopened: ['重新打开', 'Opened again'],
  approved: ['审签', 'Approved'],
  scheduled: ['定了发布时间', 'Scheduled'],
  unscheduled: ['取消定时', 'Taken off the schedule'],
  publishing: ['正在发布', 'Being published'],
  published: ['发布', 'Published'],
  publish_blocked: ['没能发布', 'Publishing blocked'],
  publish_missed: ['错过发布时间', 'Publishing missed'],
  correcting: ['开始更正', 'Correction begun'],
  withdrawing: ['要求撤回', 'Withdrawal asked for'],
  withdrawn: ['已撤回', 'Withdrawn'],
};

const DOC: Said = {
  opened: ['建了文稿', 'Text begun'],
  updated: ['改了文稿', 'Text edited'],
  sealed: ['封存文稿', 'Text sealed'],
  unsealed: ['解封文稿', 'Text unsealed'],
};

const ANCHOR: Said = { anchored: ['签了锚定', 'Record anchored'] };

const TYPES: Readonly<Record<StreamKind, Said>> = {
  ...{ log: LOG, unit: UNIT, room: ROOM, meeting: MEETING, incident: INCIDENT },
  ...{ response: RESPONSE, doc: DOC, anchor: ANCHOR, person: {} },
};

/** Types there can be on a stream of a kind. */
export const typesOf = (kind: StreamKind): string[] => Object.keys(TYPES[kind]);

/** What an event of a type says; the type itself for one that has no words yet. */
export function typeWords(kind: StreamKind, type: string, locale: Locale): string {
  const said = TYPES[kind][type];
  return said === undefined ? type : said[locale === 'zh' ? 0 : 1];
}
