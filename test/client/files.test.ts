import { flushSync } from 'svelte';
import { render } from 'vitest-browser-svelte';
import { page, userEvent } from 'vitest/browser';
import { expect, test, vi } from 'vitest';
import { Draft } from '#client/platform/draft.svelte.ts';
import { language } from '#client/platform/i18n.svelte.ts';
import { MAX_FILE_BYTES, MAX_FILES, Uploads, usableName } from '#client/platform/uploads.svelte.ts';
import type { Status } from '#client/platform/line.ts';
import type { Put } from '#client/platform/upload.ts';
import Composer from '#client/forum/Composer.svelte';
import Files from '#client/forum/Files.svelte';
import { boxOf } from '#client/forum/files.layout.ts';
import '#client/forum/Attach.svelte';
import '#client/forum/Picture.svelte';
import { AppError } from '#shared/wire/error.ts';
import * as limits from '#shared/wire/files.limits.ts';
import type { FileFacts } from '#shared/wire/files.ts';
import { uuidv7 } from '#shared/wire/ids.ts';
import 'bits-ui';
import '#client/styles/tokens.css';
import '#client/styles/base.css';

const newId = (): string => uuidv7(Date.now(), crypto.getRandomValues(new Uint8Array(16)));

/** Uploads whose hub answers when the test says, over a line that is there when the test says. */
function aHub(status: Status = 'online') {
  const watchers: ((status: Status) => void)[] = [];
  const user = { id: newId() };
  const line = {
    status,
    blocked: false,
    onStatus: (watch: (status: Status) => void) => {
      watchers.push(watch);
      return () => undefined;
    },
  };
  const hub = { line, user, session: { user } as { user: { id: string } | undefined } };
  const sent: {
    id: string;
    name: string | undefined;
    signal: AbortSignal;
    done: () => void;
    fail: (c: string) => void;
  }[] = [];
  const put: Put = ({ id, name }, { signal }) =>
    new Promise((resolve, reject) => {
      const fail = (code: string): void => {
        reject(new AppError(code));
      };
      signal.addEventListener('abort', () => {
        fail('unknown');
      });
      sent.push({ id, name, signal, done: resolve, fail });
    });
  const become = (next: Status): void => {
    line.status = next;
    for (const watch of watchers) watch(next);
  };
  return { hub, sent, become, uploads: new Uploads(hub, put) };
}

const file = (name: string, size = 3): File => new File([new Uint8Array(size)], name);
const statesOf = ({ items }: Uploads): string[] => items.map(({ state, code }) => code ?? state);

test('one file goes at a time, in the order given, and the message can go when all are there', async () => {
  const { uploads, sent } = aHub();
  uploads.add([file('一.txt'), file('二.txt')]);
  expect(statesOf(uploads)).toEqual(['sending', 'waiting']);
  expect(uploads.ready).toBe(false);
  sent[0]?.done();
  await vi.waitFor(() => {
    expect(statesOf(uploads)).toEqual(['done', 'sending']);
  });
  sent[1]?.done();
  await vi.waitFor(() => {
    expect(uploads.ready).toBe(true);
  });
  expect(uploads.take()).toEqual(sent.map(({ id }) => id));
  expect([uploads.has, uploads.ready]).toEqual([false, true]);
});

test('without a line files wait, and go under the same id when it is back', async () => {
  const { uploads, sent, become } = aHub('offline');
  uploads.add([file('一.txt')]);
  expect([statesOf(uploads), sent.length]).toEqual([['waiting'], 0]);
  become('online');
  expect(sent).toHaveLength(1);
  become('offline');
  sent[0]?.fail('unknown');
  await vi.waitFor(() => {
    expect(statesOf(uploads)).toEqual(['waiting']);
  });
  become('online');
  expect(sent.map(({ id }) => id)).toEqual([sent[0]?.id, sent[0]?.id]);
  sent[1]?.fail('unknown'); // with a line there it is for the person to decide, until the line has been away
  await vi.waitFor(() => {
    expect(statesOf(uploads)).toEqual(['unknown']);
  });
  become('online');
  expect(sent).toHaveLength(3);
});

test('a refused file stays with its reason and holds up no other; one taken away is stopped', async () => {
  const { uploads, sent } = aHub();
  uploads.add([file('程序.exe'), file('大.pdf', 20 * 1024 * 1024 + 1), file('空.txt', 0), file('二.txt')]);
  sent[0]?.fail('files.type');
  await vi.waitFor(() => {
    expect(statesOf(uploads)).toEqual(['files.type', 'too_large', 'files.broken', 'sending']);
  });
  expect(sent).toHaveLength(2);
  uploads.retry(sent[0]?.id ?? '');
  uploads.remove(sent[1]?.id ?? '');
  expect(sent[1]?.signal.aborted).toBe(true);
  await vi.waitFor(() => {
    expect(sent.map(({ id }) => id)).toEqual([sent[0]?.id, sent[1]?.id, sent[0]?.id]);
  });
});

test('more files than a message takes are counted, not dropped in silence', () => {
  const { uploads } = aHub('offline');
  uploads.add(Array.from({ length: 11 }, (_, n) => file(`${n}.txt`)));
  expect([uploads.items.length, uploads.left]).toEqual([9, 2]);
});

test('the page and the hub know the same limits', () => {
  expect([MAX_FILE_BYTES, MAX_FILES]).toEqual([limits.MAX_FILE_BYTES, limits.MAX_FILES]);
});

test('nothing goes in the name of somebody who signed in after', () => {
  const { uploads, sent, hub, become } = aHub('offline');
  uploads.add([file('一.txt')]);
  hub.session = { user: { id: newId() } };
  become('online');
  expect(sent).toEqual([]);
});

test('a name is sent as the hub takes it', () => {
  expect(usableName('C:\\照片/现场\u202e.jpg')).toBe('C:照片现场.jpg');
  expect(usableName('/\u0000')).toBeUndefined();
  const long = usableName(`${'😀'.repeat(80)}.jpeg`) ?? '';
  expect(long.length).toBeLessThanOrEqual(120);
  expect(long).toMatch(/^(😀)+\.jpeg$/u);
});

test('a picture’s place has its own shape and is never larger than it', () => {
  expect(boxOf({ width: 800, height: 1200 })).toEqual({ width: 160, height: 240 });
  expect(boxOf({ width: 40, height: 60 })).toEqual({ width: 40, height: 60 });
  expect(boxOf({ width: 10_000, height: 1 })).toEqual({ width: 240, height: 1 });
});

test('what is pasted goes with the message; copied cells stay text', async () => {
  language.choose('zh');
  const { hub } = aHub('offline');
  const rest = { oncancel: vi.fn(), onnaming: vi.fn(), ontyping: vi.fn(), onsend: vi.fn() };
  const draft = new Draft(Promise.resolve('现场'), () => undefined);
  await vi.waitFor(() => {
    expect(draft.ready).toBe(true);
  });
  await render(Composer, { title: '工作群', draft, people: [], about: undefined, hub, ...rest });
  await expect.element(page.getByRole('button', { name: '添加文件' })).toBeVisible();
  const field = page.getByLabelText('写给工作群');
  /** Whether the page took it; the browser would otherwise put its text into the field. */
  const paste = (cells: boolean): boolean => {
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File(['x'], '截图.png', { type: 'image/png' }));
    if (cells) clipboardData.setData('text/plain', '1\t2');
    const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
    return !field.element().dispatchEvent(event);
  };
  expect(paste(true)).toBe(false);
  expect(paste(false)).toBe(true);
  await expect.element(page.getByText('截图.png')).toBeVisible();
  await expect.element(page.getByText('现在没有连接。', { exact: false })).toBeVisible();
  await expect.element(page.getByRole('button', { name: '送出' })).toBeDisabled();
  await userEvent.click(field);
  await userEvent.keyboard('{Enter}');
  expect(rest.onsend).not.toHaveBeenCalled();
  await page.getByRole('button', { name: '移除：截图.png' }).click();
  await userEvent.click(field);
  await userEvent.keyboard('{Enter}');
  expect(rest.onsend).toHaveBeenCalledWith('现场', [], []);
});

test('a picture opens by Enter and closes by Escape; any other file is a link that saves it', async () => {
  language.choose('en');
  const picture: FileFacts = { id: newId(), name: '现场.jpg', type: 'image/jpeg', size: 9, width: 800, height: 1200 };
  const pdf: FileFacts = { id: newId(), name: '告知书.pdf', type: 'application/pdf', size: 2_500_000 };
  await render(Files, { files: [picture.id, pdf.id], facts: [picture, pdf] });
  const link = page.getByRole('link', { name: /告知书\.pdf PDF · 2\.4 MB/ });
  await expect.element(link).toHaveAttribute('download', '告知书.pdf');
  const button = page.getByRole('button', { name: '现场.jpg' });
  const image = button.element().querySelector('img');
  expect([image?.clientWidth, image?.clientHeight]).toEqual([160, 240]); // before any of it is here
  (button.element() as HTMLElement).focus();
  await userEvent.keyboard('{Enter}');
  await expect.element(page.getByRole('dialog', { name: '现场.jpg' })).toBeVisible();
  await userEvent.keyboard('{Escape}');
  await expect.element(page.getByRole('dialog')).not.toBeInTheDocument();
  flushSync();
  await expect.element(button).toHaveFocus();
});
