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
  confirmPostWhat: '确认以后岗位马上生效，记录里留下您的名字。',
  declineWhat: '这件事作废，什么都没有改变；需要时可以重新提出。',
  confirmed: '已确认。',
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
  confirmPostWhat: 'The post counts at once then, and the record keeps your name.',
  declineWhat: 'It is void then, and nothing has changed. It can be asked for again.',
  confirmed: 'Confirmed.',
  declined: 'It is void.',
};

export const words = defineWords(zh, en);
