/** What SQLite makes of a query: searches read an index, not every record. */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Filter, Query } from '../../../server/search/query.ts'
import { apply } from '../../../server/store/sqlite/commit.ts'
import { createNewTerms } from '../../../server/store/sqlite/new-terms.ts'
import { prepareWork } from '../../../server/store/sqlite/prepared-work.ts'
import { openDatabase } from '../../../server/store/sqlite/schema.ts'
import { pageSql, planOf } from '../../../server/store/sqlite/plan.ts'
import { find } from '../../../server/store/sqlite/search.ts'
import { statements as prepared } from '../../../server/store/sqlite/sql.ts'
import type { Arg, Statements } from '../../../server/store/sqlite/sql.ts'
import type { Write } from '../../../server/store/store.ts'
import { temporaryFolder } from '../stores.ts'
import { EVERYTHING, isToken, put, query, token } from '../writes.ts'

const RECORDS = 3000

/** A third of the tasks is active; each has an identifier of its own; ten are a participant's; five are for `rare`. */
const task = (index: number) =>
  put(`Task/t${index}`, {
    audience: [{ agency: index % 600 === 0 ? 'rare' : 'abe' }],
    entries: [
      token('status', index % 3 === 0 ? 'active' : 'done'),
      token('identifier', `i${index}`),
      { kind: 'reference', param: 'patient', type: 'Patient', id: `p${index % 300}` },
      { kind: 'string', param: 'name', value: `name ${index}`, exact: `Name ${index}` },
      { kind: 'date', param: 'authored', start: index * 10, end: index * 10 + 10 },
      { kind: 'number', param: 'score', low: index / 8, high: index / 8 },
    ],
  })

const patient: Filter = { op: 'reference', param: 'patient', type: 'Patient', id: 'p7' }
const authored = (prefix: 'eq' | 'ge' | 'le'): Filter => ({
  op: 'date',
  param: 'authored',
  prefix,
  start: 29_900,
  end: 29_910,
})
const byAuthored = [{ param: 'authored', kind: 'date', descending: true }] as const
const score = (prefix: 'eq' | 'ge'): Filter => ({ op: 'number', param: 'score', prefix, low: 370, high: 370.5 })
const name: Filter = { op: 'string', param: 'name', how: 'starts', value: 'name 29' }
const abe = { agency: 'abe', at: 5 }

type ExpectedPlan = { readonly reads: RegExp; readonly sorts?: boolean }

/** The first line of the plan, and whether the result is sorted by hand. */
const CASES: readonly (readonly [title: string, query: Partial<Query>, expected: ExpectedPlan])[] = [
  [
    'a token',
    { where: isToken('identifier', 'i5') },
    { reads: /SEARCH p USING PRIMARY KEY \(field=\? AND value=\?\)/ },
  ],
  ['a common token, in order', { where: isToken('status', 'active') }, { reads: /SEARCH p USING PRIMARY KEY/ }],
  ['a reference', { where: patient }, { reads: /SEARCH p USING PRIMARY KEY \(field=\? AND value=\?\)/ }],
  [
    'a page further on',
    { where: isToken('status', 'active'), after: [900] },
    { reads: /PRIMARY KEY \(field=\? AND value=\? AND rid>\?\)/ },
  ],
  [
    'a date',
    { where: authored('eq') },
    { reads: /SEARCH s USING PRIMARY KEY \(field=\? AND until>\? AND until<\?\)/, sorts: true },
  ],
  [
    'a date since',
    { where: authored('ge') },
    { reads: /SEARCH s USING PRIMARY KEY \(field=\? AND until>\?\)/, sorts: true },
  ],
  [
    'a number',
    { where: score('eq') },
    { reads: /SEARCH s USING PRIMARY KEY \(field=\? AND until>\? AND until<\?\)/, sorts: true },
  ],
  [
    'a number from there on',
    { where: score('ge') },
    { reads: /SEARCH s USING PRIMARY KEY \(field=\? AND until>\?\)/, sorts: true },
  ],
  [
    'the beginning of a name',
    { where: name },
    { reads: /SEARCH v USING .*INDEX value_text \(kind=\? AND text>\? AND text<\?\)/, sorts: true },
  ],
  ['an exact name', { where: { ...name, how: 'exact', value: 'Name 5' } }, { reads: /SEARCH p USING PRIMARY KEY/ }],
  [
    'ids',
    { where: { op: 'id', ids: ['t1', 't2'] } },
    { reads: /SEARCH record USING .*INDEX record_key \(type=\? AND id=\?\)/, sorts: true },
  ],
  [
    'a last change',
    { where: { op: 'updated', prefix: 'gt', start: 0, end: 3000 } },
    { reads: /SEARCH record USING .*INDEX record_at \(type=\? AND at>\?\)/, sorts: true },
  ],
  [
    'what few may know',
    { viewer: { agency: 'rare', at: 5 } },
    { reads: /SEARCH audience USING PRIMARY KEY \(agency=\? AND type=\?\)/ },
  ],
  [
    'all of a type',
    { where: { op: 'not', of: isToken('status', 'x') }, viewer: EVERYTHING },
    { reads: /SEARCH r USING INDEX record_type \(type=\?\)/ },
  ],
  [
    'all by last change',
    { sort: [{ param: '_lastUpdated', kind: 'updated', descending: true }] },
    { reads: /SEARCH r USING INDEX record_at \(type=\?\)/, sorts: true },
  ],
  ['all by a date', { sort: byAuthored }, { reads: /SEARCH s USING (COVERING )?INDEX span_lower \(field=\?\)/ }],
  [
    'a page by a date, further on',
    { sort: byAuthored, after: [20_000, 5] },
    { reads: /SEARCH s USING (COVERING )?INDEX span_lower \(field=\? AND since<\?\)/ },
  ],
  ['a few by a date', { sort: byAuthored, where: patient }, { reads: /SEARCH p USING PRIMARY KEY/, sorts: true }],
  [
    'the rarer of two',
    { where: { op: 'and', of: [isToken('status', 'active'), patient] } },
    { reads: /SEARCH p USING PRIMARY KEY/ },
  ],
]

describe('store / sqlite / query plan', () => {
  let folder: string
  let statements: Statements
  let terms: ReturnType<typeof createNewTerms>
  let close: () => void

  before(async () => {
    folder = await temporaryFolder()
    const opened = openDatabase(join(folder, 'hub.db'))
    close = opened.close
    statements = prepared(opened.db)
    terms = createNewTerms(statements)
    let now = 0
    const add = async (write: Write) => apply(await prepareWork({ writes: [write] }, now++), { statements, terms })
    statements.run('BEGIN')
    for (let index = 0; index < RECORDS; index++) await add(task(index))
    await add({ ...task(7), author: 'late' } as Write)
    statements.run('COMMIT')
  })
  after(async () => {
    close()
    await rm(folder, { recursive: true })
  })

  const sqlOf = (searched: Query) => {
    const scope = { type: terms.idOf(String(searched.type)), terms, statements }
    const plan = planOf(searched, scope)
    assert.ok(plan)
    return pageSql(searched, plan, scope)[0]!
  }
  const explain = (searched: Query): string[] => {
    const { text, args } = sqlOf(searched)
    return statements.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${text}`, ...args).map(({ detail }) => detail)
  }

  /** Statements whose plans are taken down as they are run. */
  let recorded: string[][] = []
  const recorder: Statements = {
    get db() {
      return statements.db
    },
    get: (text, ...args) => (record(text, args), statements.get(text, ...args)),
    all: (text, ...args) => (record(text, args), statements.all(text, ...args)),
    run: (text, ...args) => statements.run(text, ...args),
  }
  const record = (text: string, args: readonly Arg[]): void => {
    const lines = statements.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${text}`, ...args)
    recorded.push(lines.map(({ detail }) => detail))
  }
  const explained = (act: () => unknown): string[][] => {
    recorded = []
    act()
    return recorded
  }

  for (const [title, parts, { reads, sorts = false }] of CASES) {
    it(`${title}: reads an index and never all records`, () => {
      const plan = explain(query('Task', { viewer: abe, limit: 20, ...parts }))
      const steps = plan.filter((line) => /^(SEARCH|SCAN)/.test(line))
      assert.match(steps[0] ?? '', reads, plan.join('\n'))
      assert.doesNotMatch(plan.join('\n'), /SCAN (r|record|v|p|s|posting|span|value|audience)\b/)
      if (!sorts) assert.doesNotMatch(plan.join('\n'), /TEMP B-TREE FOR ORDER BY/, plan.join('\n'))
    })
  }

  it('has no limit for which SQLite prepares the statement again and again', () => {
    for (const [, parts] of CASES) {
      const { text } = sqlOf(query('Task', parts))
      assert.match(text, /LIMIT \? \+ 0/)
      assert.doesNotMatch(text, /LIMIT \?(?! \+ 0)/)
    }
  })

  it('reads only what changed since, as of an earlier sequence', () => {
    const searched = query('Task', { viewer: abe, limit: 20, asOf: RECORDS - 5, where: patient })
    const plans = explained(() => find(searched, { statements: recorder, terms }))
    const former = plans.find((plan) => plan.some((line) => /superseded/.test(line)))
    assert.match(former?.join('\n') ?? '', /SEARCH superseded USING PRIMARY KEY \(until>\?\)/)
    for (const plan of plans)
      assert.doesNotMatch(plan.join('\n'), /SCAN (r|s|record|superseded|v|p)\b/, plan.join('\n'))
  })

  it('reads a page of any size, its versions and their entries by the same few statements', () => {
    const count = (limit: number) => {
      const searched = query('Task', { viewer: abe, limit, withEntries: true, asOf: RECORDS - 5 })
      let found = 0
      const plans = explained(() => {
        found = find(searched, { statements: recorder, terms }).versions.length
      })
      assert.equal(found, limit)
      return plans.length
    }
    assert.equal(count(200), count(10))
    assert.ok(count(200) <= 9, `${count(200)} statements`)
  })

  it('starts from the condition that lists fewest records', () => {
    const both = (first: Filter, second: Filter) =>
      sqlOf(query('Task', { viewer: abe, limit: 20, where: { op: 'and', of: [first, second] } })).args[0]
    const rare = isToken('identifier', 'i7')
    const alone = sqlOf(query('Task', { viewer: abe, limit: 20, where: rare })).args[0]
    assert.equal(both(isToken('status', 'active'), rare), alone)
    assert.equal(both(rare, isToken('status', 'active')), alone)
  })
})
