import { defineWords } from '#client/platform/i18n.svelte.ts';

/* How somebody signs in, and what an administrator does about it. */

const zh = {
  manage: '管理',
  givePassword: '重置密码',
  givePasswordWhat: '给他一个新的起始密码，他的登录马上结束。下次登录要用它，并且先换掉。动态码不变。',
  noCodeThen: '做了以后，他的核验码就不能再由您来交。',
  passwordOnce: '起始密码只在这里显示一次，请当面告诉本人。',
  copy: '复制',
  copied: '已复制。',
  written: '记下了',
  makeCode: '生成核验码',
  giveCode: '交核验码',
  giveCodeWhat:
    '岗位要凭核验码开始。请当面，或用您确实知道是本人的电话，确认是本人，密码和动态码也是他自己设的，再把码交给他。他登录后在“我的”里填。',
  noCodeNeeded: '现在不用核验码：岗位已经开始，或者已经结束。',
  makeVoids: '之前给他生成过的核验码，这一次生成以后就作废。',
  codeOnce: (until: string) => `核验码只在这里显示一次，${until}前有效。不要经别人转交。`,
  codeByAnother: '他的岗位要凭核验码开始，码要由另一位管理员交给他。',
  codeByWhom:
    '您登记过他、给过他登录的办法，或者提出了这个岗位或这次重置，所以不能由您来交。也可以请上级单位的管理员来交；没有的话，请维护服务器的人运行 linli reset-factor。',
  endSessions: '结束全部登录',
  endSessionsWhat: '他在所有设备上的登录马上结束，要重新登录。密码和动态码不变。',
  sessionsEnded: '他的登录都已结束。',
  bind: '绑定统一身份',
  bindWhat: '绑定以后他可以用统一身份登录，岗位需要的动态码照样要填。他现在的登录马上结束。',
  subject: '统一身份编号',
  subjectHint: '由统一身份平台给的编号（sub），不是姓名或邮箱',
  boundNow: '已绑定。',
  unbind: '解除统一身份',
  unbindWhat: '他不能再用统一身份登录，现在的登录马上结束。密码不变。',
  unbound: '已解除。',
  resetFactor: '重置动态码',
  resetFactorWhat:
    '手机和恢复码都丢了才用。另一位管理员一天之内确认后，他的登录都会结束，下次登录重新启用动态码。两位管理员给的岗位会停下，等他填了新的核验码再继续；这个码不能由您来交。',
  resetFactorDo: '提交',
  resetSent: '已提出，等另一位管理员确认。',
  resetAsked: (name: string, reason: string) => `${name}提出重置动态码：${reason}`,
  resetWaits: '等另一位管理员确认。',
  confirmReset: '确认重置动态码',
  confirmResetWhat:
    '请先当面核对是本人。确认以后原来的动态码和恢复码作废，他的登录都会结束，两位管理员给的岗位会停下，等他填了新的核验码再继续。',
  factorReset: '动态码已重置。',
};

const en = {
  manage: 'Manage',
  givePassword: 'Reset the password',
  givePasswordWhat:
    'Gives them another start password and ends their sessions. They sign in with it and choose their own first. The one-time code stays.',
  noCodeThen: 'Whoever does this can no longer hand over this person’s verification code.',
  passwordOnce: 'The start password is shown here once. Tell it in person.',
  copy: 'Copy',
  copied: 'Copied.',
  written: 'I have it',
  makeCode: 'Make a verification code',
  giveCode: 'Hand over a verification code',
  giveCodeWhat:
    'Their post needs a verification code. Make sure, in person or on a number you know to be theirs, that it is them and that they set up password and one-time code themselves. Then hand it over; they enter it under “Me”.',
  noCodeNeeded: 'No verification code is needed now: the post has begun, or is over.',
  makeVoids: 'A verification code made for them before is void once this one is made.',
  codeOnce: (until: string) =>
    `The verification code is shown here once and holds until ${until}. Let nobody else pass it on.`,
  codeByAnother: 'Their post needs a verification code, which another administrator hands over.',
  codeByWhom:
    'You enrolled them, gave them a way to sign in, or asked for this post or this reset, so it cannot be you. An administrator of a unit above may do it as well; where there is none, ask whoever runs the server for linli reset-factor.',
  endSessions: 'End all sessions',
  endSessionsWhat: 'Ends their sessions on every device at once. Password and one-time code stay.',
  sessionsEnded: 'All their sessions have ended.',
  bind: 'Bind an identity',
  bindWhat:
    'They can sign in with the other identity then; a one-time code is asked for where their posts want one. Their sessions end now.',
  subject: 'Number of the identity',
  subjectHint: 'As the other provider has it (sub), not a name or an address',
  boundNow: 'Bound.',
  unbind: 'Unbind the identity',
  unbindWhat: 'They sign in with the other identity no more. Their sessions end now; the password stays.',
  unbound: 'Unbound.',
  resetFactor: 'Reset the one-time code',
  resetFactorWhat:
    'Only where phone and recovery codes are lost. Once another administrator has confirmed it, within a day, their sessions end and the next sign-in sets up another code. Posts that took two administrators stop until they enter a new verification code, which you cannot hand over.',
  resetFactorDo: 'Submit',
  resetSent: 'Asked. It waits for another administrator.',
  resetAsked: (name: string, reason: string) => `${name} asks to reset the one-time code: ${reason}`,
  resetWaits: 'Waits for another administrator.',
  confirmReset: 'Confirm the reset',
  confirmResetWhat:
    'First make sure in person that it is them. Their one-time code and recovery codes are void then, and all their sessions end. Posts that took two administrators stop until they enter a new verification code.',
  factorReset: 'The one-time code is reset.',
};

export const words = defineWords(zh, en);
