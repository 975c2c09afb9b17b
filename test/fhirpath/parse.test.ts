/** Expressions as trees. https://hl7.org/fhirpath/N1/grammar.html */
import assert from 'node:assert/strict'
import path from 'node:path'
import { loadDefinitions } from '../../server/definitions/load.ts'
import type { ElementNode } from '../../server/definitions/structures/element.ts'
import { enginePath } from '../../server/fhirpath/engine.ts'
import { parse } from '../../server/fhirpath/parse.ts'
import type { Tree } from '../../server/fhirpath/tree.ts'

/** The tree with all its parentheses. */
function written(tree: Tree): string {
  if (tree.kind === 'literal') return JSON.stringify(tree.value)
  if (tree.kind === 'empty') return '{}'
  if (tree.kind === 'this') return '$this'
  if (tree.kind === 'variable') return `%${tree.name}`
  if (tree.kind === 'rare') return tree.of ? `(${tree.text}${written(tree.of)})` : tree.text
  if (tree.kind === 'binary') return `(${written(tree.left)} ${tree.op} ${written(tree.right)})`
  const of = tree.of ? `${written(tree.of)}` : ''
  if (tree.kind === 'index') return `${of}[${written(tree.at)}]`
  const name = of ? `${of}.${tree.name}` : tree.name
  return tree.kind === 'call' ? `${name}(${tree.args.map(written).join(', ')})` : name
}

describe('fhirpath / parse', () => {
  const cases: readonly [text: string, tree: string][] = [
    ['Patient.name.given', 'Patient.name.given'],
    ["name.where(use = 'a').first()[0]", 'name.where((use = "a")).first()[0]'],
    ['a or b and c', '(a or (b and c))'],
    ['a and b implies c or d', '((a and b) implies (c or d))'],
    ['a in b and c = d', '((a in b) and (c = d))'],
    ['a = b | c', '(a = (b | c))'],
    ['a < b = c', '((a < b) = c)'],
    ['a | b as C', '(a | (b as C))'],
    ['resolve() is FHIR.Patient', '(resolve() is FHIR.Patient)'],
    ['a + b * c - d div e', '((a + (b * c)) - (d div e))'],
    ['-a.b + -1', '((-a.b) + (-1))'],
    ['a ~ b and c !~ d', '((a ~ b) and (c !~ d))'],
    ["%resource.id & %`vs-x` & %'ext-y'", '((%resource.id & %vs-x) & %ext-y)'],
    ['@2020-01-01 <= today()', '(@2020-01-01 <= today())'],
    ['@2020-01-01T10:00:00.5+02:00 = @T10:30', '(@2020-01-01T10:00:00.5+02:00 = @T10:30)'],
    ["birthDate + 18 years > 4 'mg'", "((birthDate + 18 years) > 4 'mg')"],
    ['select($index + $total)', 'select(($index + $total))'],
    ['a.`div`.contains.as(B)', 'a.div.contains.as(B)'],
    ["'it\\'s \\u0041\\n' = {}", '("it\'s A\\n" = {})'],
    ['a // or b\n /* and\n c */ . d', 'a.d'],
    ['iif(true, 1, 2.5) in (1 | 2)', '(iif(true, 1, 2.5) in (1 | 2))'],
  ]
  for (const [text, tree] of cases)
    it(`reads ${text.replaceAll('\n', ' ')}`, () => {
      assert.equal(written(parse(text)), tree)
      enginePath(text)
    })

  for (const text of ['', 'a.', 'a b', '(a', 'a[1', 'f(a,)', 'f(,)', '{a}', "'a", 'a =', '= a', 'a.1', '#', 'a.%b'])
    it(`refuses \`${text}\`, as HL7’s engine does`, () => {
      assert.throws(() => parse(text))
      assert.throws(() => enginePath(text))
    })

  it('reads every rule and every search expression of R4 and of the hub', async function () {
    this.timeout(60_000)
    const definitions = await loadDefinitions(path.join(import.meta.dirname, '..', '..'), { everyType: () => true })
    const trees = [
      ...[...definitions.resourceTypes].map((type) => definitions.structures.tree(type)),
      ...definitions.published('StructureDefinition').map(({ url }) => definitions.structures.tree(url)),
    ]
    const rules = trees.flatMap(rulesIn)
    const searches = definitions.capabilities.flatMap((one) => one.searchParameters.map(({ expression }) => expression))
    for (const expression of new Set([...rules, ...searches])) parse(expression)
    assert.ok(new Set(rules).size > 200, `${new Set(rules).size} rules`)
    assert.ok(new Set(searches).size > 900, `${new Set(searches).size} search expressions`)
  })
})

const rulesIn = (node: ElementNode): readonly string[] => [
  ...(node.element.constraint ?? []).flatMap(({ expression }) => expression ?? []),
  ...[...node.children.values()].flatMap(rulesIn),
]
