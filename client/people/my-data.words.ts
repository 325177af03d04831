import { defineWords } from '#client/platform/i18n.svelte.ts';

const zh = {
  mine: '我的数据',
  copyWhat:
    '账号、岗位、登录的设备、读到哪里、上传过的文件，还有您写过、办过、签过而现在看得到的内容。一个文本文件，一行一条。',
  copy: '下载我的数据',
  copying: (percent: number) => `正在整理，看完了 ${percent}%。`,
  stop: '停下',
  copied: (n: number) => `整理好了，一共 ${n} 条，保存在这台设备上。请放在安全的地方。`,
  closing: '注销账号',
  closingWhat: '您提出申请，管理员确认。确认以后，您不能再登录，也不能恢复。',
  goes: '这些会删除',
  goesList: {
    name: '姓名和登录名。登录名不会再给别人',
    proof: '密码、动态码、恢复码和统一身份',
    traces: '登录的设备、读到哪里、没有发出去的文件',
    reasons: '停用和恢复账号时写的理由',
  },
  stays: '这些会留下',
  staysList: {
    written: '发过的消息、写过的纪要、提过的关注：姓名换成「用户#」加一串数字',
    signed: '签过的纪要、发布过的回应：按规定原样保存，署名也在',
    log: '登录记录：按法律保存 200 天，里面没有姓名',
    others: '别人在消息里写到您的话，是别人的',
    backups: '备份里的旧数据：恢复备份时会再删一次',
  },
  held: '还有岗位要先交接。请管理员先结束它们，再来申请。',
  ask: '申请注销',
  asked: (day: string) => `${day}申请了注销，等管理员确认。在那以前，您可以照常使用，也可以撤回。`,
  askedNow: '申请提交了，等管理员确认。',
  askTitle: '要申请注销账号吗',
  askBefore: '管理员确认以后不能恢复。需要留一份的，请先下载您的数据。',
  withdraw: '撤回申请',
  withdrawn: '申请撤回了，账号照常使用。',
};

const en: typeof zh = {
  mine: 'My data',
  copyWhat:
    'Your account, posts and devices, how far you have read, the files you sent, and what you wrote, did and signed, as far as you can still see it. One text file, a line for each.',
  copy: 'Download my data',
  copying: (percent: number) => `Putting it together: ${percent}% looked through.`,
  stop: 'Stop',
  copied: (n: number) => `Done: ${n} lines, saved on this device. Keep the file in a safe place.`,
  closing: 'Close the account',
  closingWhat: 'You ask, an administrator does it. From then on you cannot sign in, and there is no way back.',
  goes: 'What is deleted',
  goesList: {
    name: 'Your name and your sign-in name, which nobody else will get',
    proof: 'Password, one-time code, recovery codes, other identities',
    traces: 'Devices, how far you have read, files that were not sent',
    reasons: 'The reasons given when the account was suspended or reactivated',
  },
  stays: 'What stays',
  staysList: {
    written: 'Messages, minutes and concerns of yours: instead of your name they show 用户# and a number',
    signed: 'Signed minutes and published responses: kept as they were signed, your name in them too',
    log: 'The log of sign-ins: by law for 200 days, without a name',
    others: 'What others wrote about you is theirs',
    backups: 'Old data in backups: deleted again when one is restored',
  },
  held: 'These posts have to be handed over first. Ask an administrator to end them, then come back.',
  ask: 'Ask to close it',
  asked: (day: string) =>
    `Asked for ${day}; waiting for an administrator. Until then everything works, and you can take it back.`,
  askedNow: 'Asked for. An administrator has to confirm.',
  askTitle: 'Ask to close the account?',
  askBefore: 'Once an administrator confirms there is no way back. Download your data first if you want to keep it.',
  withdraw: 'Take it back',
  withdrawn: 'Taken back; the account goes on as before.',
};

export const myDataWords = defineWords(zh, en);
