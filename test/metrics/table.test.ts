import assert from 'node:assert/strict'
import type { Registry } from 'prom-client'
import { createProcessMetrics } from '../../server/metrics/process.ts'
import { createRequestMetrics } from '../../server/metrics/requests.ts'
import { METRICS } from '../../server/metrics/table.ts'
import { codeBlocks, tableRows, textOf } from '../checks/markdown.ts'

type Described = {
  readonly name: string
  readonly type: string
  readonly labels?: readonly string[]
  readonly help: string
}

/** Those of prom-client; `le` is the label of every histogram. */
const described = (registry: Registry): readonly Described[] =>
  registry.getMetricsAsArray().map((metric) => {
    const { labelNames = [] } = metric as unknown as { labelNames?: readonly string[] }
    const labels = labelNames.filter((label) => label !== 'le')
    return { name: metric.name, type: metric.constructor.name.toLowerCase(), labels, help: metric.help }
  })

describe('metrics / table', () => {
  const page = textOf('docs/operate.md')
  const all = [
    ...METRICS,
    ...described(createRequestMetrics(() => true).registry),
    ...described(createProcessMetrics()),
  ]

  it('is documented, with the type, the labels and the meaning of each metric', () => {
    const listed = tableRows(page, ['metric', 'type', 'labels', 'what it is'])
    const table = all.map(({ name, type, labels = [], help }) => [
      `\`${name}\``,
      type,
      labels.map((label) => `\`${label}\``).join(', '),
      help,
    ])
    assert.deepEqual(listed, table)
  })

  it('begins every name of the hub with `hub_`, but for the one that is known by another name', () => {
    const own = all.filter(({ name }) => !/^(?:process|nodejs)_/.test(name)).map(({ name }) => name)
    assert.deepEqual(
      own.filter((name) => !name.startsWith('hub_')),
      ['referrals_unaccounted'],
    )
  })

  it('has no label that names an agency, a participant or a record', () => {
    const labels = new Set(METRICS.flatMap(({ labels: own = [] }) => own))
    assert.deepEqual([...labels].sort(), ['figures', 'kind', 'reader', 'state', 'status', 'type'])
  })

  it('has every metric that the alert rules of the documentation name', () => {
    const rules = codeBlocks(page).filter((block) => block.includes('alert:'))
    const named = rules.flatMap((block) => block.match(/\b(?:hub|referrals|nodejs|process)_[a-z0-9_]+/g) ?? [])
    assert.ok(named.length > 5)
    assert.deepEqual(
      named.filter((name) => !all.some((one) => one.name === name)),
      [],
    )
  })
})
