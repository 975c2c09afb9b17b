/** The referral rules over the answers of the assessment: PlanDefinition/referral-rules. https://hl7.org/fhir/R4/plandefinition.html */
import assert from 'node:assert/strict'
import { holds } from '../../server/fhirpath/expression.ts'
import { CANONICAL_ROOT, codesOf, codeSystems, published, valueOf, type Tree } from './read.ts'

type ReferralRule = Tree & {
  readonly id: string
  readonly condition: readonly { readonly expression: { readonly expression: string } }[]
  readonly definitionCanonical: string
}
type Item = Tree & { readonly linkId: string; readonly type: string; readonly answerOption?: readonly Tree[] }
type RuleAnswers = Readonly<Record<string, boolean | string>>

const capability = published('capability')
const one = (type: string, id: string): Tree => {
  const found = capability.find(({ resource }) => resource.resourceType === type && resource.id === id)
  assert.ok(found, `${type}/${id}`)
  return found.resource
}
const rules = one('PlanDefinition', 'referral-rules').action as readonly ReferralRule[]
const form = one('Questionnaire', 'individual-service-assessment').item as readonly Item[]
const working = `${CANONICAL_ROOT}/CodeSystem/working`
const extension = (holder: Tree, name: string): unknown => {
  const parts = holder.extension as readonly Tree[]
  const found = parts.find((part) => part.url === `${CANONICAL_ROOT}/StructureDefinition/ext-${name}`)
  return found && valueOf(found)
}

const NOTHING: RuleAnswers = { q1: true, q2: false, q3: false, q4: false, q5: 'yes-meets-needs', q6: false }

function response(answers: RuleAnswers): Tree {
  const item = Object.entries(answers).map(([linkId, value]) => ({
    linkId,
    answer: [typeof value === 'string' ? { valueCoding: { system: working, code: value } } : { valueBoolean: value }],
  }))
  return { resourceType: 'QuestionnaireResponse', status: 'completed', item }
}

function fired(of: Tree): string[] {
  return rules.filter((rule) => holds(rule.condition[0]?.expression.expression ?? '', of)).map((rule) => rule.id)
}

/** The table of the nomination (steps 11 and 12), stated a second time in another form. */
function expected({ q1, q2, q3, q4, q5, q6 }: RuleAnswers): string[] {
  const when: readonly (readonly [string, boolean])[] = [
    ['abe', q1 === false],
    ['vr', q2 === true],
    ['snap', q4 === true],
    ['tanf', q3 === true],
    ['es', q5 !== 'yes-meets-needs'],
    ['youth', q6 === true],
  ]
  return when.filter(([, yes]) => yes).map(([id]) => id)
}

describe('the referral rules', () => {
  it('propose nothing to a person who needs nothing', () => {
    assert.deepEqual(fired(response(NOTHING)), [])
  })

  it('propose for each of the 96 ways to answer exactly what the table says', () => {
    for (let bits = 0; bits < 32; bits++)
      for (const q5 of ['no', 'yes-need-better', 'yes-meets-needs']) {
        const [q1, q2, q3, q4, q6] = [1, 2, 4, 8, 16].map((bit) => (bits & bit) > 0) as [
          boolean,
          boolean,
          boolean,
          boolean,
          boolean,
        ]
        const answers: RuleAnswers = { q1, q2, q3, q4, q5, q6 }
        assert.deepEqual(fired(response(answers)), expected(answers), JSON.stringify(answers))
      }
  })

  it('propose nothing from a form without answers, or with answers of the wrong type', () => {
    assert.deepEqual(fired({ resourceType: 'QuestionnaireResponse', status: 'in-progress' }), [])
    assert.deepEqual(fired({ resourceType: 'QuestionnaireResponse', item: [{ linkId: 'q1' }, { linkId: 'q5' }] }), [])
    assert.deepEqual(fired(response({ q1: 'no', q2: 'yes', q5: false })), [])
  })

  it('show SNAP and TANF as one choice, and no other two', () => {
    const groups = rules
      .map((rule) => [rule.id, extension(rule, 'rule-group')])
      .filter(([, group]) => group !== undefined)
    assert.deepEqual(groups, [
      ['snap', 'snap-tanf'],
      ['tanf', 'snap-tanf'],
    ])
  })

  it('name a program, and a service that is defined with the flags of the catalogue', () => {
    const catalogue = codeSystems().find((system) => system.id === 'service-catalogue')?.concept ?? []
    for (const rule of rules) {
      assert.ok(codesOf('program').has(String(extension(rule, 'rule-program'))), rule.id)
      const code = rule.definitionCanonical.slice(`${CANONICAL_ROOT}/ActivityDefinition/`.length)
      const definition = one('ActivityDefinition', code)
      const service = catalogue.find((concept) => concept.code === code)
      assert.equal(definition.url, rule.definitionCanonical)
      assert.equal((definition.code as { coding: Tree[] }).coding[0]?.code, service?.code)
      const flag = (name: string): unknown => service?.property?.filter((one) => one.code === name).map(valueOf)[0]
      assert.equal(extension(definition, 'participation-causing'), flag('participationCausing'), code)
      assert.equal(extension(definition, 'duplicate-guard'), flag('duplicateGuard'), code)
      assert.equal((definition.topic as { coding: Tree[] }[])[0]?.coding[0]?.code, flag('category'), code)
    }
  })

  it('ask only questions that the form has, and the form answers question 5 with every code of its list', () => {
    const linkIds = rules.map((rule) => /linkId = '(\w+)'/.exec(rule.condition[0]?.expression.expression ?? '')?.[1])
    const questions = form.filter((item) => item.type !== 'display').map((item) => item.linkId)
    assert.deepEqual([...linkIds].sort(), questions)
    const options = form.find((item) => item.linkId === 'q5')?.answerOption ?? []
    assert.deepEqual(new Set(options.map((option) => (option.valueCoding as Tree).code)), codesOf('working'))
  })
})
