import Copy from '@lucide/svelte/icons/copy';
import Eraser from '@lucide/svelte/icons/eraser';
import Flag from '@lucide/svelte/icons/flag';
import Pencil from '@lucide/svelte/icons/pencil';
import Reply from '@lucide/svelte/icons/reply';
import Smile from '@lucide/svelte/icons/smile';
import Undo from '@lucide/svelte/icons/undo-2';
import { clock } from '#client/platform/i18n.svelte.ts';
import { router } from '#client/platform/router.ts';
import type { User } from '#client/platform/session.svelte.ts';
import type { MenuItem } from '#client/ui/menu.ts';
import { toast } from '#client/ui/toast.ts';
import { EDIT_MS } from '#shared/forum/forum.rules.ts';
import { mayAnywhere } from '#shared/people/people.policy.ts';
import { asked } from './asked.words.ts';
import { words } from './forum.words.ts';
import type { MessageRow } from './timeline.ts';

type Act = 'reply' | 'react' | 'edit' | 'retract' | 'remove';

export interface Circumstances {
  user: User;
  room: string;
  mayPost: boolean;
  mayRemove: boolean;
  on: (what: Act, row: MessageRow) => void;
}

/** What can be done with a message, by whoever looks at it now. The server asks again. */
export function actionsFor(row: MessageRow, { user, room, mayPost, mayRemove, on }: Circumstances): MenuItem[] {
  const a = asked.current;
  const { message, own } = row;
  const item = (id: Act, label: string, icon: MenuItem['icon']): MenuItem => ({
    id,
    label,
    icon,
    onselect: () => {
      on(id, row);
    },
  });
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(message.text);
    toast(a.copied);
  };
  const isEditable = own && clock.now - Date.parse(message.at) < EDIT_MS;
  const flag = (): void => {
    router.go(`/flag?room=${room}&seq=${message.seq}`);
  };
  return [
    ...(mayPost ? [{ ...item('reply', a.reply, Reply), hint: 'r' }, item('react', words.current.react, Smile)] : []),
    ...(isEditable && mayPost ? [item('edit', a.edit, Pencil)] : []),
    { id: 'copy', label: a.copy, icon: Copy, onselect: () => void copy().catch(() => undefined) },
    ...(mayAnywhere(user, 'incident.flag')
      ? [{ id: 'flag', label: a.flag, icon: Flag, onselect: flag, rule: true }]
      : []),
    ...(own ? [{ ...item('retract', a.retract, Undo), rule: true }] : []),
    ...(!own && mayRemove ? [{ ...item('remove', a.remove, Eraser), rule: true, danger: true }] : []),
  ];
}
