import { defineWords } from '#client/platform/i18n.svelte.ts';

/* The words of the last step: publishing now or at a set time, and what became of it. */

const zh = {
  blockedBecause: {
    facts_changed: '发布前事实更新过，没有发出。请审签人再审签一次，或者改稿。',
    incident_closed: '这件事已经办结，没有发出。',
    approval_expired: '到发布时审签已过有效时间，没有发出。请审签人再审签一次。',
    not_enough_approvals: '这件事的级别变了，审签人数不够，没有发出。请再请一位审签人。',
    right_lapsed: '到发布时，设定时间的人已经没有发布的权限，没有发出。请有权的新闻发言人发布。',
    text_moved: '设定时间后文字变了，没有发出。请收回修改，重新送审。',
  },
  when: '什么时候发布',
  atOnce: '现在',
  atMoment: '定时',
  moment: '发布时间',
  momentOutOfReach: '请选 14 天以内、还没有到的时间。',
  momentIs: (exact: string) => `按这台设备的时区：${exact}`,
  schedule: '定时发布',
  scheduled: '已经定时。到时再核对一遍，都符合才发出。',
  plannedFor: (at: string) => `定于 ${at} 发布`,
  plannedBy: (name: string) => `由 ${name} 设定。到时事实有更新、审签过期或权限失效，就不会发出。`,
  wasPlanned: (at: string) => `原定 ${at} 发布。`,
  missed: (at: string) => `原定 ${at} 发布，当时系统没有运行，没有发出。请选择：现在发布、另定时间，或收回修改。`,
  unschedule: '取消定时',
  signedUntil: (until: string, from: string) =>
    `现有审签到 ${until} 过期，早于发布时间。请审签人在 ${from} 之后再审签一次，否则到时不会发出。`,
  late: '晚于原定时间',
  publish: '发布',
  publishAs: (who: string, post: string) => `由 ${who} 以 ${post} 的身份发布到公开页和订阅。`,
  confirmInternal: '确认为内部记录',
  published: '已经发布，居民可以看到了。',
  notYetVisible: '已经发布，公开页还没有显示。请过几秒看一眼。',
};

const en: typeof zh = {
  blockedBecause: {
    facts_changed: 'The facts changed before it went out, nothing was sent. It needs a new signature, or a new text.',
    incident_closed: 'The concern is closed, nothing was sent.',
    approval_expired: 'The signature had run out at that moment, nothing was sent. It has to be signed again.',
    not_enough_approvals: 'The concern was regraded and needs more signatures, nothing was sent.',
    right_lapsed:
      'Whoever set the moment could no longer publish by then, nothing was sent. A spokesperson who can may publish it.',
    text_moved:
      'The text changed after the moment was set, nothing was sent. Take it back and send it for review again.',
  },
  when: 'When to publish',
  atOnce: 'Now',
  atMoment: 'At a set time',
  moment: 'Time of publication',
  momentOutOfReach: 'Choose a time still to come, within 14 days.',
  momentIs: (exact) => `In this device’s time zone: ${exact}`,
  schedule: 'Schedule',
  scheduled: 'Scheduled. Everything is checked again then; it goes out only if all of it still holds.',
  plannedFor: (at) => `To be published ${at}`,
  plannedBy: (name) =>
    `Set by ${name}. It will not go out if by then the facts have moved, a signature has run out or the right has ended.`,
  wasPlanned: (at) => `It was to be published ${at}.`,
  missed: (at) =>
    `It was to be published ${at}; the system was not running then, nothing was sent. Publish it now, set another time, or take it back to edit.`,
  unschedule: 'Cancel the schedule',
  signedUntil: (until, from) =>
    `The signature runs out ${until}, before that time. It has to be signed again after ${from}, or nothing goes out.`,
  late: 'later than planned',
  publish: 'Publish',
  publishAs: (who, post) => `By ${who} as ${post}, on the public page and the feeds.`,
  confirmInternal: 'Confirm as an internal record',
  published: 'Published; residents can read it now.',
  notYetVisible: 'Published, but the public page does not show it yet. Look again in a few seconds.',
};

export const publishWords = defineWords(zh, en);
