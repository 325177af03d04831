import type { ErrorTable } from '#client/platform/errors.ts';
import { stepUpErrors } from '#client/platform/step-up.errors.ts';

/** What this feature's own refusals say to a person. */
export const minutesErrors: ErrorTable = {
  ...stepUpErrors,
  'minutes.wrong_state': {
    zh: '会议纪要现在的状态不能这样做，什么都没有改变。',
    en: 'The minutes are not in a state that allows this; nothing was changed.',
    tone: 'act',
  },
  'minutes.not_signer': {
    zh: '只有指定的签署人能签署，没有签署。',
    en: 'Only the person named as signer can sign; nothing was signed.',
    tone: 'act',
  },
  'minutes.not_eligible': {
    zh: '签署人须是本单位可以签署会议纪要的人，会议没有建。',
    en: 'The signer must be somebody who may sign minutes in this unit; the meeting was not created.',
    tone: 'act',
  },
  'minutes.no_such_person': {
    zh: '没有这个人，没有记入出席。',
    en: 'There is no such person; the attendance was not changed.',
    tone: 'act',
  },
};
