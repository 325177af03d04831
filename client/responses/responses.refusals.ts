import type { ErrorTable } from '#client/platform/errors.ts';
import { stepUpErrors } from '#client/platform/step-up.errors.ts';

/** What this feature's own refusals say to a person. */
export const responsesErrorWords: ErrorTable = {
  ...stepUpErrors,
  'responses.incomplete': { zh: '还没有正文，没有送审。', en: 'There is no text yet, nothing was sent.', tone: 'act' },
  'responses.cause_locked': {
    zh: '原因留到办结通报再说。请先删去「原因」一节。',
    en: 'The cause is stated in the final statement only. Take that section out first.',
    tone: 'act',
  },
  'responses.wrong_state': {
    zh: '这份回应的状态已经变了，您的操作没有执行。',
    en: 'The response is in another state now, nothing was done.',
    tone: 'act',
  },
  'responses.contributor': {
    zh: '您或与您有授权代行关系的人参与了撰写，不能审签。请另一位审签人来签。',
    en: 'You, or somebody who acts for you, wrote a part of it. Another approver has to sign.',
    tone: 'act',
  },
  'responses.hash_mismatch': {
    zh: '您看到的不是正在审签的那一版，没有审签。请看过新的文字再签。',
    en: 'What you saw is not the text in review, nothing was signed. Read the new text first.',
    tone: 'act',
  },
  'responses.not_enough_approvals': {
    zh: '审签人数还不够，没有发布。',
    en: 'More signatures are needed, nothing was published.',
    tone: 'act',
  },
  'responses.approval_expired': {
    zh: '审签已经过了有效时间，没有发布。请审签人再审签一次。',
    en: 'The signature is too old, nothing was published. It has to be signed again.',
    tone: 'act',
  },
  'responses.facts_changed': {
    zh: '审签后事实更新过，没有发布。请审签人再审签一次，或者改稿。',
    en: 'The facts changed after signing, nothing was published. Sign again, or change the text.',
    tone: 'act',
  },
  'responses.incident_closed': {
    zh: '这件事已经办结，只能发布更正。',
    en: 'The concern is closed; only a correction can go out.',
    tone: 'act',
  },
  'responses.publish_blocked': {
    zh: '发布前一刻情况变了，没有发出。请看过新的情况再决定。',
    en: 'Something changed at the last moment, nothing went out. Look at what is new, then decide.',
    tone: 'act',
  },
  'responses.moment_out_of_reach': {
    zh: '发布时间要在 5 秒之后、14 天以内，没有定时。请另选时间。',
    en: 'The time has to be more than 5 seconds and at most 14 days away, nothing was set. Choose another.',
    tone: 'act',
  },
  'responses.right_ends_before': {
    zh: '您发布的权限在那之前就到期，没有定时。请选早一些的时间，或请有权的人来定。',
    en: 'Your right to publish ends before that time, nothing was set. Choose an earlier one, or ask somebody who has it.',
    tone: 'act',
  },
};
