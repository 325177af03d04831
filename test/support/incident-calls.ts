import type { TestApp } from './app.ts';
import { newId, type Answer, type TestClient } from './client.ts';

export const WATER = '金马街 3 号院、4 号院早上七点多起停水，泵房有焦味，物业正在查';

interface Flagged {
  incident: string;
  code: string;
  similar: { incident: string; score: number; elsewhere?: boolean }[];
}

export async function flag(client: TestClient, hub: TestApp, more: object = {}): Promise<Flagged> {
  const input = { id: newId(), unit: hub.unit('wenshu'), title: '金马街停水', what: WATER, ...more };
  return (await client.done('incidents:flag', input)) as unknown as Flagged;
}

export const triage = (hub: TestApp, incident: string, more: object = {}) => ({
  id: newId(),
  incident,
  expected: 1,
  severity: 'III',
  category: 'livelihood',
  communities: [hub.unit('wenshu')],
  verification: 'corroborated',
  ...more,
});

export const view = async (client: TestClient, incident: string): Promise<Record<string, unknown>> =>
  (await client.done('incidents:view', { incident }))['incident'] as Record<string, unknown>;

export const feed = async (client: TestClient, more: object = {}): Promise<Record<string, unknown>[]> =>
  (await client.done('incidents:feed', more))['incidents'] as Record<string, unknown>[];

export const codeOf = (answer: Answer): string | undefined => (answer.ok ? undefined : answer.error?.code);
