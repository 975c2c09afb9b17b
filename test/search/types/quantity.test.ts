/** Values of quantities that are no Quantity: Money and SampledData. https://hl7.org/fhir/R4/search.html#quantity */
import assert from 'node:assert/strict'
import { match } from '../../../server/search/match.ts'
import { SEARCH_TYPES } from '../../../server/search/types/index.ts'
import { UCUM } from '../../../server/terminology/ucum.ts'
import { CONTEXT, NOW, parameter } from '../capability.ts'

const VALUE = parameter({ code: 'value', type: 'quantity', expression: 'X.value' })
const finds = (value: object, text: string): boolean => {
  const where = SEARCH_TYPES.quantity.filter(VALUE, undefined, text, { ...CONTEXT, now: NOW })
  return match(where, { id: 'x', at: 0, entries: SEARCH_TYPES.quantity.entries(value, VALUE, CONTEXT) })
}

const ISO = 'urn:iso:std:iso:4217'
const volts = (more: object) => ({ origin: { value: 2, system: UCUM, code: 'mV' }, period: 10, dimensions: 1, ...more })

type Row = readonly [text: string, finds: boolean]

const ROWS: readonly (readonly [title: string, value: object, rows: readonly Row[]])[] = [
  [
    'Money',
    { value: 12.5, currency: 'USD' },
    [
      ['12.5', true],
      [`12.5|${ISO}|USD`, true],
      [`12.50|${ISO}|USD`, true],
      ['12.5||USD', true],
      ['12.5||usd', false],
      [`12.5|${ISO}|EUR`, false],
      ['12.5||EUR', false],
      [`12.5|${UCUM}|USD`, false],
      [`gt12|${ISO}|USD`, true],
      [`gt12.5|${ISO}|USD`, false],
      ['le12.5||USD', true],
      ['ne12.5||USD', false],
    ],
  ],
  [
    'Money without a currency',
    { value: 12.5 },
    [
      ['12.5', true],
      ['12.5||USD', false],
      [`12.5|${ISO}|USD`, false],
    ],
  ],
  [
    'Money without a value',
    { currency: 'USD' },
    [
      ['0', false],
      ['ge0||USD', false],
      [`ne1|${ISO}|USD`, false],
    ],
  ],
  [
    'SampledData, by the least and the greatest point',
    volts({ data: '-1 0 E 8 L U 3' }),
    [
      // From 1 to 10 mV: no value above 10, and not all of them are 10.
      [`ge10|${UCUM}|mV`, false],
      [`gt10|${UCUM}|mV`, false],
      [`gt9|${UCUM}|mV`, true],
      [`le1|${UCUM}|mV`, false],
      [`lt1|${UCUM}|mV`, false],
      [`sa0.9|${UCUM}|mV`, true],
      [`sa1|${UCUM}|mV`, false],
      [`eb10.5|${UCUM}|mV`, true],
      [`gt0.009|${UCUM}|V`, true],
      [`gt0.02|${UCUM}|V`, false],
      ['gt9||mV', true],
      ['gt9||V', false],
      [`gt9|${UCUM}|kg`, false],
      ['5', false],
    ],
  ],
  [
    'SampledData of one point',
    volts({ data: '3' }),
    [
      ['5', true],
      ['5.0||mV', true],
      ['4', false],
    ],
  ],
  [
    'SampledData with a factor',
    volts({ data: '1 2', factor: -10 }),
    [
      ['gt-8.1', true],
      ['gt-8', false],
      ['lt-17.9', true],
      ['lt-18', false],
    ],
  ],
  [
    'SampledData with points in scientific notation and several dimensions',
    volts({ data: '1e1 2e-1', dimensions: 2 }),
    [
      ['gt11.9', true],
      ['gt12', false],
      ['lt2.3', true],
      ['lt2.2', false],
    ],
  ],
  [
    'SampledData none of whose points was measured',
    volts({ data: 'E U L' }),
    [
      ['2', false],
      ['ge0', false],
      ['ne5', false],
    ],
  ],
  [
    'SampledData without a point',
    volts({ data: ' ' }),
    [
      ['2', false],
      ['ge0', false],
    ],
  ],
  [
    'SampledData without data',
    volts({}),
    [
      ['2', false],
      ['ge0', false],
    ],
  ],
  [
    'SampledData whose origin has no value',
    { origin: { code: 'mV', system: UCUM }, data: '1 2' },
    [
      ['1', false],
      ['ge0', false],
    ],
  ],
]

describe('search / types / quantity', () => {
  for (const [title, value, rows] of ROWS)
    it(`${title} is found by its value and unit`, () => {
      for (const [text, expected] of rows) assert.equal(finds(value, text), expected, text)
    })
})
