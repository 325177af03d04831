import { wordError, type ErrorTable } from '#client/platform/errors.ts';
import { language } from '#client/platform/i18n.svelte.ts';

/** What the forum's own refusals say to a person. */
const forumErrors: ErrorTable = {
  'forum.empty': { zh: '空的消息没有送出。', en: 'An empty message was not sent.', tone: 'act' },
  'forum.too_late': {
    zh: '发出 15 分钟后不能再编辑，原文没有变。可以撤回，或者再发一条更正。',
    en: 'After 15 minutes a message can no longer be edited; it is unchanged. Retract it, or write a correction.',
    tone: 'act',
  },
  'forum.retracted': {
    zh: '这条消息已经撤回，您的操作没有执行。',
    en: 'That message was retracted, nothing was done.',
    tone: 'calm',
  },
  'forum.no_such_message': {
    zh: '引用或操作的消息不在这个房间里。您写的还在本机。',
    en: 'The message you point at is not in this room. What you wrote is still here.',
    tone: 'act',
  },
  'forum.no_such_file': {
    zh: '有一个文件没有传上去，请重新添加。文字还在本机。',
    en: 'One file did not arrive. Please add it again; the text is still here.',
    tone: 'act',
  },
  'forum.reason_needed': { zh: '撤下别人的话要写理由。', en: 'Please give a reason.', tone: 'act' },
  'forum.not_by_invitation': {
    zh: '这个房间对全单位开放，不用邀请。',
    en: 'This room is open to its whole unit; nobody is invited.',
    tone: 'calm',
  },
  'forum.already_member': { zh: '这个人已经在房间里。', en: 'This person is in the room already.', tone: 'calm' },
  'forum.not_a_member': { zh: '这个人不在房间里。', en: 'This person is not in the room.', tone: 'calm' },
  'forum.query_too_short': {
    zh: '一个字只能在一个房间里搜，请多写一个字。',
    en: 'One character can be searched in one room only. Please write one more.',
    tone: 'act',
  },
};

/** What an error or a refusal of the forum says to a person, in the language of the page. Reactive. */
export const inWords = (error: unknown): string => wordError(error, language.current, forumErrors).text;
