// Of each file of the broken corpus: what stands at the place that the diagnostic names, and the change that its suggestion
// asks for. With the change nothing is wrong.

export interface Repair {
  /** the text at the place begins with it */
  readonly at: string;
  readonly from: string | RegExp;
  readonly to: string;
}

export const repairs: Readonly<Record<string, Repair>> = {
  'PSKY-6001': { at: 'successors()', from: 'next: successors()', to: "next: ['answer']" },
  'PSKY-6002': { at: "'broken'", from: "swarm('broken'", to: "swarm('market/purchase@1'" },
  'PSKY-6003': { at: "'anwser'", from: 'anwser', to: 'answer' },
  'PSKY-6004': { at: 'thank:', from: /^ {2}thank: .*\n/gm, to: '' },
  'PSKY-6005': {
    at: 'answer:',
    from: /next: \[\],(\s+)run: [^;]*;/g,
    to: "next: ['done'],$1run: ({ go }) => { return go.done();",
  },
  'PSKY-6006': { at: "'oracle'", from: 'oracle', to: 'answerer' },
  'PSKY-6007': { at: 'witness:', from: ', witness: agent()', to: '' },
  'PSKY-6008': { at: 'tell:', from: ", { tell: ['asker'] }", to: '' },
  'PSKY-6009': { at: "'answer'", from: "join: 'all', ", to: '' },
  'PSKY-6010': { at: "'meet'", from: "meet: p.at('asker', {", to: "meet: p.at('asker', { join: 'all'," },
  'PSKY-6011': {
    at: 'join:',
    from: /(two: .*)'done'(.*)go.done\(\)/g,
    to: "$1'meet'$2go.meet()",
  },
  'PSKY-6012': {
    at: "'two'",
    from: "next: ['two'], run: ({ go }) => go.two()",
    to: "next: ['meet'], run: ({ go }) => go.meet()",
  },
  'PSKY-6013': {
    at: 'state.first',
    from: "{ join: 'all',",
    to: "{ join: 'all', merge: { first: (values) => values.join() },",
  },
  'PSKY-6014': { at: 'state.limit', from: "only('asker'", to: "between('asker', 'answerer'" },
  'PSKY-6015': { at: 'state.limit', from: 'state.limit', to: 'state.answer' },
  'PSKY-6016': { at: 'state.qestion', from: 'qestion', to: 'question' },
  'PSKY-6017': { at: 'never', from: 'deadline: never', to: 'deadline: minutes(5)' },
  'PSKY-6018': { at: 'ask:', from: "p.at('asker', {", to: "p.at('asker', { maxTimes: 3," },
  'PSKY-6019': { at: 'unknown()', from: "next: ['done'],\n", to: "next: ['done', 'unknown'],\n" },
  'PSKY-6020': { at: "'done'", from: "['answer', 'done']", to: "['answer']" },
  'PSKY-6021': { at: 'onTimeout:', from: /input: z\.string\(\),|input, |state\.question = input;/g, to: '' },
  'PSKY-6022': { at: "'answer'", from: 'answerer: agent()', to: 'answerer: group()' },
  'PSKY-6023': { at: 'Date', from: 'Date.now()', to: '3' },
  'PSKY-6024': { at: 'date()', from: 'z.date()', to: 'z.string()' },
  'PSKY-6025': { at: "'ask'", from: /^ *(b|part|'part)([4-9]|1\d)\b.*\n/gm, to: '' },
  'PSKY-6027': { at: "'panel'", from: 'panel: group()', to: 'panel: agent()' },
  'PSKY-6028': { at: 'lastLimit', from: /let lastLimit = 0;|lastLimit\+\+/g, to: '3' },
};
