import { createSubscriber } from 'svelte/reactivity';

const EVENTS = ['focus', 'blur', 'visibilitychange'] as const;

const follow = createSubscriber((update) => {
  for (const event of EVENTS) addEventListener(event, update, true);
  return () => {
    for (const event of EVENTS) removeEventListener(event, update, true);
  };
});

/** Whether somebody looks at this window: only then is what is on screen read. Reactive; never sent anywhere. */
export function isLookedAt(): boolean {
  follow();
  return document.visibilityState === 'visible' && document.hasFocus();
}
