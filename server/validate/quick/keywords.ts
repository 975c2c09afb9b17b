/** The keywords that look at a value and nothing around it: their own checks, told nothing of the place. */
import { ruleTests } from '../keywords/invariants.ts'
import { fhirAggregation, fhirTarget } from '../keywords/target.ts'
import { fhirFixed, fhirMax, fhirMin, fhirPattern } from '../keywords/value.ts'
import { createWellAnswered } from '../questionnaire/quick.ts'
import { answersFit, RULES, type Rule } from '../rules/index.ts'
import type { Engine } from '../run.ts'
import type { Invariant } from '../compile/schema.ts'
import { of, type Make } from './check.ts'
import { coding, binding, reference } from './remembered.ts'
import { all, type Test } from './test.ts'

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
    all(
      ruleTests(rules, engine).map(
        (test): Test =>
          (value, run) =>
            test(run, value as never),
      ),
    ),
  fhirRules: (name: string, engine) => all((RULES[name] ?? []).map((rule) => ruleTest(rule, engine))),
}

function ruleTest(rule: Rule, engine: Engine): Test {
  // It has a quick pass of its own.
  if (rule === answersFit) {
    const isWellAnswered = createWellAnswered(engine)
    return (_value, run) => isWellAnswered(run)
  }
  return (value, run) => rule(value as never, run).length === 0
}

/** Two lists of a StructureDefinition may name the same: that is for the schemas to say. */
const elementId: Test = (id, run, holder) => {
  const before = run.ids.get(id as string)
  if (before === undefined) run.ids.set(id as string, holder)
  return before === undefined || before === holder
}
