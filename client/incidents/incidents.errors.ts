import type { ErrorTable } from '#client/platform/errors.ts';

/** What this feature's codes say to a person. */
export const errorWords: ErrorTable = {
  'incidents.no_such_file': {
    zh: '有一个文件没有传上去，请重新添加。填写的内容还在本机。',
    en: 'One file did not arrive. Please add it again; what you wrote is still here.',
    tone: 'act',
  },
  'incidents.wrong_state': {
    zh: '这件事现在的状态不能这样做，什么都没有改变。',
    en: 'Its present state does not allow this; nothing was changed.',
    tone: 'act',
  },
  'incidents.no_common_unit': {
    zh: '这些社区没有共同的上级，不能一起研判。请分开标记。',
    en: 'These communities have no unit above them in common. Flag them apart.',
    tone: 'act',
  },
  'incidents.never_graded': {
    zh: '社会安全事件依法不分级，请选“未分级”。',
    en: 'Social-security events are never graded by law. Choose “Ungraded”.',
    tone: 'act',
  },
  'incidents.evidence_needed': {
    zh: '已核实和已证伪要写明依据。',
    en: 'Verified and refuted name what shows it.',
    tone: 'act',
  },
  'incidents.second_person': {
    zh: '这要由另一个人来定。请您的同事或上级来做。',
    en: 'This takes another person. Ask a colleague or the unit above.',
    tone: 'act',
  },
  'incidents.not_eligible': {
    zh: '这个人不是这里的信息员，不能承办。请另选一位。',
    en: 'This person is no information officer here and cannot lead. Choose another.',
    tone: 'act',
  },
  'incidents.not_lead': {
    zh: '这件事派给了别人，由那个人接单。',
    en: 'It was assigned to somebody else, who accepts it.',
    tone: 'act',
  },
  'incidents.already_accepted': {
    zh: '已经有人接单了。',
    en: 'Somebody has accepted it already.',
    tone: 'calm',
  },
  'incidents.not_answered': {
    zh: '还没有办结、辟谣或无需回应的最后一份通报，不能算处置完毕。',
    en: 'There is no final statement, refutation or “none needed” yet, so it cannot be resolved.',
    tone: 'act',
  },
  'incidents.in_review': {
    zh: '还有一份回应在审签或等待发布，先等它有结果。',
    en: 'A response is still under review or waiting to go out. Wait for its outcome.',
    tone: 'act',
  },
};
