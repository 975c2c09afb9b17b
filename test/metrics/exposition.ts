/**
 * A strict reader of the text format of Prometheus: every line is a HELP, a TYPE or a sample of the family begun, names and
 * labels are well formed, no sample comes twice, and histograms add up.
 * https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details
 */
import assert from 'node:assert/strict'

export type Family = {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  /** The value of each sample by its name and labels, as written. */
  readonly samples: ReadonlyMap<string, number>
}

export type Exposition = ReadonlyMap<string, Family>

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\n"])*"'
const SAMPLE = new RegExp(`^(${NAME})(\\{${LABEL}(?:,${LABEL})*\\})? (-?(?:\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?|Inf)|NaN)$`)
const SUFFIXES = { counter: /^$/, gauge: /^$/, histogram: /^_(?:bucket|sum|count)$/ }

export function parseExposition(text: string): Exposition {
  assert.ok(text.endsWith('\n'), 'the last line ends')
  const families = new Map<string, Family & { readonly samples: Map<string, number> }>()
  let help: RegExpExecArray | undefined
  let open: string | undefined
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const type = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram)$`).exec(line)
    if (line.startsWith('# HELP ')) {
      help = new RegExp(`^# HELP (${NAME}) (\\S.*)$`).exec(line) ?? assert.fail(line)
    } else if (type) {
      const name = type[1]!
      assert.equal(help?.[1], name, `HELP comes before TYPE: ${line}`)
      assert.ok(!families.has(name), `${name} comes once`)
      families.set(name, { type: type[2] as Family['type'], help: help![2]!, samples: new Map() })
      open = name
    } else {
      const [, name = '', labels = '', value = ''] = SAMPLE.exec(line) ?? assert.fail(`no line of the format: ${line}`)
      const family = families.get(open ?? '') ?? assert.fail(`a sample without a TYPE: ${line}`)
      assert.ok(name.startsWith(open!) && SUFFIXES[family.type].test(name.slice(open!.length)), line)
      assert.ok(!family.samples.has(name + labels), `twice: ${line}`)
      family.samples.set(name + labels, Number(value.replace('Inf', 'Infinity')))
    }
  }
  for (const [name, family] of families) if (family.type === 'histogram') checkHistogram(name, family)
  return families
}

/** Buckets only grow, and the last one is the count. */
function checkHistogram(name: string, { samples }: Family): void {
  const last = new Map<string, number>()
  for (const [sample, value] of samples) {
    const bucket = /^(.*)_bucket\{le="([^"]+)",?(.*)\}$/.exec(sample)
    if (!bucket) continue
    const series = bucket[3] === '' ? '' : `{${bucket[3]}}`
    assert.ok(value >= (last.get(series) ?? 0), `${sample} is less than the bucket before it`)
    last.set(series, value)
    if (bucket[2] === '+Inf') assert.equal(value, samples.get(`${name}_count${series}`), sample)
  }
}

/** The value of one sample; undefined where it is not there. */
export const valueOf = (families: Exposition, sample: string): number | undefined =>
  families.get(/^[^{]*/.exec(sample)![0])?.samples.get(sample)
