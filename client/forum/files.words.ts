import { defineWords, language } from '#client/platform/i18n.svelte.ts';
import { wordError, type ErrorTable } from '#client/platform/errors.ts';
import type { FileFacts, FileType } from '#shared/wire/files.ts';

const zh = {
  attach: '添加文件',
  attached: '随这条消息送出的文件',
  waiting: '等待上传',
  sending: (share: string) => `已上传 ${share}`,
  checking: '已上传，正在检查',
  done: '已上传',
  cancel: (name: string) => `取消上传：${name}`,
  remove: (name: string) => `移除：${name}`,
  retry: (name: string) => `重新上传：${name}`,
  noLine: '现在没有连接。文件连上后自动上传，然后再送出；文字留在本机。',
  notYet: '文件上传完就可以送出。',
  someFailed: '有文件没有上传成功。请重新上传，或者移除后再送出。',
  left: (n: number) => `一条消息最多 9 个文件，有 ${n} 个没有添加。`,
  open: (name: string) => `放大：${name}`,
  save: '下载',
  gone: '现在取不到这张图片：可能没有连接，也可能已经撤回。',
  onTheWay: (n: number) => `${n} 个文件`,
  kinds: { picture: '图片', pdf: 'PDF', word: 'Word 文档', sheet: 'Excel 表格', slides: 'PPT 演示', text: '文本' },
};

const en = {
  attach: 'Attach files',
  attached: 'Files that go with this message',
  waiting: 'Waiting to upload',
  sending: (share: string) => `${share} uploaded`,
  checking: 'Uploaded, being checked',
  done: 'Uploaded',
  cancel: (name: string) => `Cancel the upload: ${name}`,
  remove: (name: string) => `Remove: ${name}`,
  retry: (name: string) => `Upload again: ${name}`,
  noLine: 'There is no connection. Files upload once it is back, then you can send; the text stays on this device.',
  notYet: 'You can send once the files are uploaded.',
  someFailed: 'A file was not uploaded. Upload it again, or remove it, then send.',
  left: (n: number) => `A message takes 9 files at most; ${n} ${n === 1 ? 'was' : 'were'} not added.`,
  open: (name: string) => `Enlarge: ${name}`,
  save: 'Download',
  gone: 'This picture cannot be fetched now: there may be no connection, or it was taken back.',
  onTheWay: (n: number) => `${n} ${n === 1 ? 'file' : 'files'}`,
  kinds: {
    ...{ picture: 'Picture', pdf: 'PDF', word: 'Word document', sheet: 'Excel sheet' },
    ...{ slides: 'PowerPoint slides', text: 'Text' },
  },
};

export const words = defineWords(zh, en);

const KINDS: readonly (readonly [string, keyof typeof zh.kinds])[] = [
  ...([
    ['image/', 'picture'],
    ['pdf', 'pdf'],
    ['word', 'word'],
  ] as const),
  ...([
    ['spreadsheet', 'sheet'],
    ['presentation', 'slides'],
  ] as const),
];

/** What a file is, in a word. Reactive. */
export const kindOf = (type: FileType): string =>
  words.current.kinds[KINDS.find(([part]) => type.includes(part))?.[1] ?? 'text'];

/** 800 B · 12 KB · 3.4 MB, in steps of 1024 as phones and Windows count. */
export function sizeInWords(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

/** The name a file goes by; one without is called after its kind. Reactive. */
export const nameOf = ({ name, type }: Pick<FileFacts, 'name' | 'type'>): string => name ?? kindOf(type);

/** An upload is repeated by hand or with the next line, never by the outbox: the floor's codes say something else here. */
const refusals: ErrorTable = {
  'files.type': {
    zh: '这种文件不能添加。可以添加 JPEG、PNG、WebP 图片，PDF，DOCX、XLSX、PPTX，和 UTF-8 文本。',
    en: 'This kind of file is not taken. JPEG, PNG and WebP pictures, PDF, DOCX, XLSX, PPTX and UTF-8 text are.',
    tone: 'act',
  },
  'files.broken': {
    zh: '文件是空的或者损坏了，打不开。请检查原文件。',
    en: 'The file is empty or damaged and cannot be read. Please check the original.',
    tone: 'act',
  },
  'files.too_many_pixels': {
    zh: '图片超过 4000 万像素。请缩小后再添加。',
    en: 'The picture has more than 40 million pixels. Make it smaller and add it again.',
    tone: 'act',
  },
  'files.quota': {
    zh: '您今天上传的已经到了上限。请过一段时间再试。',
    en: 'You have reached the limit of uploads for today. Please try again later.',
    tone: 'act',
  },
  too_large: {
    zh: '文件超过 20 MB。请压缩或拆开后再添加。',
    en: 'The file is larger than 20 MB. Compress or split it and add it again.',
    tone: 'act',
  },
  rate_limited: {
    zh: '上传得太密。请过几分钟再试这一个。',
    en: 'Too many uploads in a short time. Try this one again in a few minutes.',
    tone: 'act',
  },
  unknown: {
    zh: '上传中断了。可以再试，不会重复；连接恢复时也会自动再试。',
    en: 'The upload broke off. Try again, nothing is uploaded twice; it also goes on when the connection comes back.',
    tone: 'calm',
  },
  bad_input: {
    zh: '文件没有完整送到。请重新上传。',
    en: 'The file did not arrive whole. Please upload it again.',
    tone: 'act',
  },
  storage: {
    zh: '服务器暂时存不下文件。请稍后再试。',
    en: 'The server cannot store files right now. Please try again in a moment.',
    tone: 'act',
  },
  overloaded: {
    zh: '服务器正忙。请稍后再试。',
    en: 'The server is busy. Please try again in a moment.',
    tone: 'act',
  },
};

/** What a refused upload says to a person. Reactive. */
export const inWords = (code: string): string => wordError(code, language.current, refusals).text;
