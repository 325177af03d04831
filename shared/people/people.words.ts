import type { Role } from './people.policy.ts';

type Roles = Readonly<Record<Role, string>>;

/** Roles as the office says them, beside a name and where one is chosen. */
export const ROLE_WORDS: { readonly zh: Roles; readonly en: Roles } = {
  zh: {
    worker: '社区工作者',
    officer: '信息员',
    spokesperson: '新闻发言人',
    approver: '审签人',
    moderator: '版主',
    auditor: '审计员',
    admin: '管理员',
  },
  en: {
    worker: 'Community worker',
    officer: 'Information officer',
    spokesperson: 'Spokesperson',
    approver: 'Approver',
    moderator: 'Moderator',
    auditor: 'Auditor',
    admin: 'Administrator',
  },
};
