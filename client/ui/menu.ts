import type { Component } from 'svelte';

/** One line of a menu. */
export interface MenuItem {
  id: string;
  label: string;
  onselect: () => void;
  icon?: Component | undefined;
  /** A shortcut or a second word, small, at the end of the line. */
  hint?: string | undefined;
  /** For a choice among lines: the chosen one has a tick. */
  checked?: boolean | undefined;
  danger?: boolean | undefined;
  disabled?: boolean | undefined;
  /** Begins a new group: a line is drawn above. */
  rule?: boolean | undefined;
}
