import { defineWords } from '#client/platform/i18n.svelte.ts';

/* What waits for a second administrator. */

const zh = {
  title: '等第二位管理员确认',
  post: (unit: string, role: string) => `${unit} ${role}`,
  factor: '重置动态码',
  asked: (name: string, moment: string) => `${name} ${moment}提出`,
  confirm: '确认',
  decline: '不同意',
  takeBack: '撤回',
  mine: '由您提出，要别的管理员确认',
  own: '与您本人有关，要别的管理员确认',
  confirmPostWhat: '记录里会留下您的名字。本人凭核验码开始这个岗位；已经核验过的，确认后马上生效。',
  declineWhat: '这件事作废，什么都没有改变；需要时可以重新提出。',
  confirmed: '已确认。',
  codeByAnother: '已确认。他的岗位要凭核验码开始，码要由另一位管理员交给他。',
  declined: '已作废。',
};

const en: typeof zh = {
  title: 'Waits for a second administrator',
  post: (unit: string, role: string) => `${role}, ${unit}`,
  factor: 'Reset of the one-time code',
  asked: (name: string, moment: string) => `Asked by ${name} · ${moment}`,
  confirm: 'Confirm',
  decline: 'Decline',
  takeBack: 'Take back',
  mine: 'You asked: another administrator confirms',
  own: 'About you: another administrator confirms',
  confirmPostWhat:
    'The record keeps your name. The post begins with a verification code handed to its holder; for whoever has shown one, at once.',
  declineWhat: 'It is void then, and nothing has changed. It can be asked for again.',
  confirmed: 'Confirmed.',
  codeByAnother: 'Confirmed. Their post needs a verification code, which another administrator hands over.',
  declined: 'It is void.',
};

export const words = defineWords(zh, en);
