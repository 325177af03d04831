import type { Snippet } from 'svelte';

/** What a dialog takes; described in Dialog.svelte. */
export interface DialogProps {
  open: boolean;
  title: string;
  children: Snippet;
  footer?: Snippet | undefined;
  description?: string | undefined;
  side?: 'middle' | 'end' | undefined;
  wide?: boolean | undefined;
  held?: boolean | undefined;
  onclose?: (() => void) | undefined;
}
