/** The keywords that look at a value and nothing around it: their own checks, told nothing of the place. */
import { invariantTests } from '../keywords/invariants.ts'
import { fhirAggregation, fhirTarget } from '../keywords/reference-target.ts'
import { fhirFixed, fhirMax, fhirMin, fhirPattern } from '../keywords/value.ts'
import { createWellAnswered } from '../questionnaire/quick.ts'
import { fitsQuestionnaire, SPECIFICATION_RULES } from '../rules/index.ts'
import type { SpecificationRule } from '../rules/specification-rule.ts'
import type { ValidationEngine } from '../check-context.ts'
import type { Invariant } from '../compile/schema.ts'
import { of, type Make } from './check.ts'
import { coding, binding, reference } from './remembered.ts'
import { allOf } from './test.ts'
import type { QuickTest } from '../check-context.ts'

/** By the name of the keyword. */
export const KEYWORD_TESTS: Readonly<Record<string, Make>> = {
  fhirFixed: of(fhirFixed),
  fhirPattern: of(fhirPattern),
  fhirMin: of(fhirMin),
  fhirMax: of(fhirMax),
  fhirBinding: binding,
  fhirCoding: coding,
  fhirReference: reference,
  fhirTarget: of(fhirTarget),
  fhirAggregation: of(fhirAggregation),
  fhirElementId: () => elementId,
  minProperties: (least: number) => (value) => Object.keys(value as object).length >= least,
  fhirInvariants: (rules: readonly Invariant[], engine) =>
    allOf(
      invariantTests(rules, engine).map(
        (test): QuickTest =>
          (value, context) =>
            test(context, value as never),
      ),
    ),
  fhirRules: (name: string, engine) => allOf((SPECIFICATION_RULES[name] ?? []).map((rule) => ruleTest(rule, engine))),
}

function ruleTest(rule: SpecificationRule, engine: ValidationEngine): QuickTest {
  // It has a quick pass of its own.
  if (rule === fitsQuestionnaire) {
    const isWellAnswered = createWellAnswered(engine)
    return (_value, context) => isWellAnswered(context)
  }
  return (value, context) => rule(value as never, context).length === 0
}

/** Two lists of a StructureDefinition may name the same: that is for the schemas to say. */
const elementId: QuickTest = (id, context, holder) => {
  const before = context.ids.get(id as string)
  if (before === undefined) context.ids.set(id as string, holder)
  return before === undefined || before === holder
}
