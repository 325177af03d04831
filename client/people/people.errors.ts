import type { ErrorTable } from '#client/platform/errors.ts';

/** What this feature's own codes say to a person. */
export const peopleErrors: ErrorTable = {
  'people.code_taken': {
    zh: '这个单位代号已经有人用了，没有保存。请换一个。',
    en: 'Another unit has this code, nothing was saved. Choose another.',
    tone: 'act',
  },
  'people.login_taken': {
    zh: '这个登录名已经有人用了，没有保存。请换一个。',
    en: 'Somebody signs in with this name already, nothing was saved. Choose another.',
    tone: 'act',
  },
  'people.wrong_level': {
    zh: '单位的级别要低于它的上级，没有保存。请另选级别。',
    en: 'A unit stands below the one above it, nothing was saved. Choose another level.',
    tone: 'act',
  },
  'people.not_self': {
    zh: '岗位不能自己给自己，也不能自己确认。请另一位管理员来做。',
    en: 'Nobody gives themselves a post or confirms their own. Ask another administrator.',
    tone: 'act',
  },
  'people.needs_second': {
    zh: '这个岗位要第二位管理员确认；只有一位时，请填设置码（存在密钥文件夹的 setup-code 文件里）。',
    en: 'This post takes a second administrator, or the set-up code while there is only one: it is in the file setup-code in the folder of keys.',
    tone: 'act',
  },
  'people.no_second': {
    zh: '没有第二位管理员可以确认，没有提交。请维护服务器的人运行 linli reset-factor。',
    en: 'No second administrator could confirm it, so nothing was sent. Ask whoever runs the server for linli reset-factor.',
    tone: 'act',
  },
  'people.nothing_to_confirm': {
    zh: '没有等着确认的，可能已经有人确认了。',
    en: 'Nothing waits to be confirmed; somebody may have done it already.',
    tone: 'calm',
  },
  'people.theirs_elsewhere': {
    zh: '这个人属于别的单位，没有给岗位。请管着两边的上级管理员来给。',
    en: 'This person belongs to other units, and no post was given. Ask an administrator over both.',
    tone: 'act',
  },
  'people.no_factor_yet': {
    zh: '这个人的岗位是两位管理员给的，还没有启用动态码，一个人不能给他登录的办法。请先结束岗位，再给口令，再重新给岗位。',
    en: 'Two administrators gave this person’s post and they have no second factor yet, so one alone gives them no way in. End the post first, then give the password, then the post again.',
    tone: 'act',
  },
  'people.setup_code_wrong': {
    zh: '设置码不对，没有给岗位。它存在密钥文件夹的 setup-code 文件里。',
    en: 'The set-up code is not right, and no post was given. It is in the file setup-code in the folder of keys.',
    tone: 'act',
  },
  'people.gave_way_in': {
    zh: '您登记过他、给过他登录的办法，或者提出了这个岗位或这次重置，所以不能由您交核验码。请另一位管理员来交，上级单位的也可以；没有的话，请维护服务器的人运行 linli reset-factor。',
    en: 'You enrolled them, gave them a way to sign in, or asked for this post or this reset, so you cannot hand over their verification code. Ask another administrator, of a unit above as well; where there is none, whoever runs the server for linli reset-factor.',
    tone: 'act',
  },
  'people.no_such_person': {
    zh: '没有这个人，什么都没有改变。请核对姓名。',
    en: 'There is no such person, nothing was changed. Check the name.',
    tone: 'act',
  },
  'people.no_such_appointment': {
    zh: '没有这个岗位，可能已经结束。',
    en: 'There is no such appointment; it may be over.',
    tone: 'act',
  },
  'people.no_such_delegation': {
    zh: '没有这份授权，可能已经结束。',
    en: 'There is no such delegation; it may be over.',
    tone: 'act',
  },
  'people.unit_closed': {
    zh: '这个单位已经撤并，或者到那时已经撤并，没有保存。请选接替它的单位。',
    en: 'This unit is closed, or will be by then, nothing was saved. Choose the one that takes its place.',
    tone: 'act',
  },
  'people.bad_successor': {
    zh: '接替的单位要继续存在，不在它下面，也归您管，没有保存。请另选一个。',
    en: 'A successor stays open, does not stand below it, and is yours to administer. Choose another.',
    tone: 'act',
  },
  'people.bad_dates': {
    zh: '结束要晚于开始，也不能在过去，没有保存。请改时间。',
    en: 'It must end after it begins, and not in the past; nothing was saved. Change the time.',
    tone: 'act',
  },
  'people.overlaps': {
    zh: '这段时间里他已经有这个岗位，没有再加一个。',
    en: 'This person holds this post at that time already, so no second one was given.',
    tone: 'calm',
  },
  'people.already_so': {
    zh: '已经是这样了，什么都没有改变。',
    en: 'It is so already, nothing was changed.',
    tone: 'calm',
  },
  'people.too_long': {
    zh: '授权最长十四天，没有保存。请把结束时间提前。',
    en: 'A delegation runs for fourteen days at most, nothing was saved. Let it end sooner.',
    tone: 'act',
  },
  'people.not_eligible': {
    zh: '只有同一单位的信息员或社区工作者能代行，没有保存。请另选一位。',
    en: 'Only an officer or a worker of the same unit can act for you. Choose somebody else.',
    tone: 'act',
  },
};
