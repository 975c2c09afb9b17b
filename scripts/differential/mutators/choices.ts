/** Elements of a choice of types (`value[x]`). https://hl7.org/fhir/R4/formats.html#choice */
import { choiceName, isChoice } from '../../../server/definitions/structures/element.ts'
import { add, isElement, type Mutator, type Site } from '../mutation.ts'

const two: Mutator = {
  name: 'two of a choice',
  edit(site, { random }) {
    const types = typesOf(site)
    if (types.length < 2 || !site.node) return undefined
    const name = choiceName(site.node.name, random.pick(types))
    return name === site.key ? undefined : add(`${site.holder}/${name}`, valueOf(name, random.pick([true, false])))
  },
}

const other: Mutator = {
  name: 'another type of a choice',
  edit(site, { random }) {
    if (!site.node || !isElement(site) || !isChoice(site.node)) return undefined
    const name = choiceName(site.node.name, random.pick([...typesOf(site), ...Object.keys(VALUES)]))
    if (name === site.key) return undefined
    const value = random.chance(0.7) ? valueOf(name, true) : site.value
    return [{ op: 'remove', path: site.at }, ...add(`${site.holder}/${name}`, value)]
  },
}

const typesOf = ({ node }: Site): readonly string[] =>
  node && isChoice(node) ? (node.element.type ?? []).map(({ code }) => code).filter((code) => code in VALUES) : []

const VALUES: Readonly<Record<string, unknown>> = {
  boolean: true,
  code: 'en',
  CodeableConcept: { text: 'said in words' },
  Coding: { code: 'a', system: 'https://state.example/codes' },
  date: '2026-03-01',
  dateTime: '2026-03-01T10:00:00Z',
  decimal: 2.5,
  integer: 7,
  Period: { start: '2026-01-01', end: '2026-02-01' },
  Quantity: { value: 3, unit: 'h', system: 'http://unitsofmeasure.org', code: 'h' },
  Range: { low: { value: 1 }, high: { value: 2 } },
  Reference: { display: 'somebody' },
  string: 'in words',
  Timing: { event: ['2026-03-01'] },
  uri: 'https://state.example/a',
}

function valueOf(name: string, isRight: boolean): unknown {
  const type = Object.keys(VALUES).find((one) => name.toLowerCase().endsWith(one.toLowerCase()))
  return isRight && type !== undefined ? VALUES[type] : 'x'
}

export const CHOICES: readonly Mutator[] = [two, other]
