/**
 * Is this key part of choosing characters with an input method? Such an Enter takes a candidate and such an Escape
 * drops one; neither may send, submit or close anything.
 */
export function isComposing(event: KeyboardEvent): boolean {
  // Safari ends the composition before the key that ended it arrives; only the old code 229 still tells.
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- there is no other sign of it
  return event.isComposing || event.keyCode === 229;
}
