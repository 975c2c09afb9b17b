/** The tests of keywords that need only the value, not its position: each is made from the check of the keyword. */
import { invariantTests } from '../keywords/invariants.ts'
import { fhirAggregation, fhirTarget } from '../keywords/reference-target.ts'
import { fhirFixed, fhirMax, fhirMin, fhirPattern } from '../keywords/value.ts'
import { createResponseTest } from '../questionnaire/quick-response.ts'
import { fitsQuestionnaire, SPECIFICATION_RULES } from '../rules/index.ts'
import type { SpecificationRule } from '../rules/specification-rule.ts'
import type { ValidationEngine } from '../check-context.ts'
import type { Invariant } from '../compile/schema.ts'
import { keywordTest, type TestFactory } from './keyword-test.ts'
import { cachedCoding, cachedBinding, cachedReference } from './cached-tests.ts'
import { allOf } from './quick-test.ts'
import type { QuickTest } from '../check-context.ts'

/** By keyword. A keyword that is neither here nor compiled by create-test-compiler.ts makes the whole test NEVER. */
export const KEYWORD_TESTS: Readonly<Record<string, TestFactory>> = {
  fhirFixed: keywordTest(fhirFixed),
  fhirPattern: keywordTest(fhirPattern),
  fhirMin: keywordTest(fhirMin),
  fhirMax: keywordTest(fhirMax),
  fhirBinding: cachedBinding,
  fhirCoding: cachedCoding,
  fhirReference: cachedReference,
  fhirTarget: keywordTest(fhirTarget),
  fhirAggregation: keywordTest(fhirAggregation),
  fhirElementId: () => elementIdTest,
  minProperties: (min: number) => (value) => Object.keys(value as object).length >= min,
  fhirInvariants: (rules: readonly Invariant[], engine) =>
    allOf(
      invariantTests(rules, engine).map(
        (test): QuickTest =>
          (value, context) =>
            test(context, value as never),
      ),
    ),
  fhirRules: (name: string, engine) =>
    allOf((SPECIFICATION_RULES[name] ?? []).map((rule) => specificationRuleTest(rule, engine))),
}

function specificationRuleTest(rule: SpecificationRule, engine: ValidationEngine): QuickTest {
  // Responses have a quick pass of their own.
  if (rule === fitsQuestionnaire) {
    const isWellAnswered = createResponseTest(engine)
    return (_value, context) => isWellAnswered(context)
  }
  return (value, context) => rule(value as never, context).length === 0
}

/** Snapshot and differential of a StructureDefinition share element ids: this test fails there, and ajv decides. */
const elementIdTest: QuickTest = (id, context, holder) => {
  const first = context.ids.get(id as string)
  if (first === undefined) context.ids.set(id as string, holder)
  return first === undefined || first === holder
}
