import type { CorrectionClass, Kind } from './responses.events.ts';

/** What became of a version that went out. */
type Fate = 'published' | 'corrected' | 'withdrawn' | 'retracted';

interface Words {
  kinds: Readonly<Record<Kind, string>>;
  classes: Readonly<Record<CorrectionClass, string>>;
  fates: Readonly<Record<Fate, string>>;
  version: (n: number) => string;
  wrong: string;
  right: string;
}

/** What responses are called, at the desk and on the pages residents read alike. */
export const RESPONSE_WORDS: { readonly zh: Words; readonly en: Words } = {
  zh: {
    kinds: {
      holding: '先期通报',
      statement: '正式通报',
      update: '进展通报',
      correction: '更正通报',
      refutation: '辟谣通报',
      final: '办结通报',
      none_needed: '无需公开回应',
    },
    classes: { typo: '笔误', clarification: '补充说明', factual: '事实更正', retraction: '撤销' },
    fates: { published: '已发布', corrected: '已更正', withdrawn: '已停用', retracted: '已撤销' },
    version: (n) => `第 ${n} 版`,
    wrong: '原来写',
    right: '应该是',
  },
  en: {
    kinds: {
      holding: 'Holding statement',
      statement: 'Statement',
      update: 'Update',
      correction: 'Correction',
      refutation: 'Refutation',
      final: 'Final statement',
      none_needed: 'No public response needed',
    },
    classes: {
      typo: 'Typo',
      clarification: 'Clarification',
      factual: 'Factual correction',
      retraction: 'Retraction',
    },
    fates: { published: 'published', corrected: 'corrected', withdrawn: 'withdrawn', retracted: 'retracted' },
    version: (n) => `Version ${n}`,
    wrong: 'It said',
    right: 'It should say',
  },
};
