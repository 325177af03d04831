import { createSubscriber } from 'svelte/reactivity';

// On the window itself: what happens to elements in it does not bubble there.
const EVENTS = ['focus', 'blur', 'visibilitychange'] as const;

const follow = createSubscriber((update) => {
  for (const event of EVENTS) addEventListener(event, update);
  return () => {
    for (const event of EVENTS) removeEventListener(event, update);
  };
});

/** Whether somebody looks at this window: only then is what is on screen read. Reactive; never sent anywhere. */
export function isLookedAt(): boolean {
  follow();
  return document.visibilityState === 'visible' && document.hasFocus();
}
