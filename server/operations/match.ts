/**
 * Patient/$match: participants by likeness, among those that the caller may know of; with the signed consent of the
 * person, also whether the person is recorded elsewhere. https://hl7.org/fhir/R4/patient-operation-match.html
 */
import { buildMatches } from '../fhir/bundle.ts'
import { OutcomeError, refuse } from '../fhir/outcome.ts'
import { readParameters } from '../fhir/parameters.ts'
import type { Json, Resource } from '../fhir/types.ts'
import { traitsOf, type Traits } from '../domain/participant/traits.ts'
import type { Call, Reply } from '../interactions/call.ts'
import { disclosing, insight } from '../records/view.ts'
import type { Write } from '../store/store.ts'
import type { AccessTokens } from '../write/access-tokens.ts'
import type { Attempts } from '../write/attempts.ts'
import type { AuditedAct } from '../write/audit-event.ts'
import { commit } from '../write/commit.ts'
import { requestOf } from '../write/context.ts'
import { retryOnConflict } from '../write/conflict.ts'
import { validatorOf } from '../write/complete.ts'
import { findMatches, type FoundMatch } from '../write/matches.ts'
import type { WriteNeeds } from '../write/needs.ts'
import { operationDefinition } from './define.ts'
import { elsewhereOutcome, lookUp, type Elsewhere } from './look-up.ts'
import { lookUpConsent, type LookUpConsentNeeds } from './look-up-consent.ts'
import type { Operation } from './operation.ts'
import { parameterAt } from './sent-expression.ts'
import { shownPartOf, type ShownPart } from './shown-part.ts'

export type MatchNeeds = WriteNeeds &
  LookUpConsentNeeds & { readonly attempts: Attempts; readonly tokens: AccessTokens }

const COUNT = 10
const MOST = 50

export const match = (needs: MatchNeeds): Operation => {
  const { takes, ...definition } = operationDefinition(needs.definitions, 'match')
  return {
    ...definition,
    levels: ['type'],
    types: ['Patient'],
    affectsState: true,
    async run(call) {
      const given = readParameters(takes, call)
      const request: MatchRequest = {
        traits: await describedIn(needs, call, given.resource as unknown as Resource),
        onlyCertain: given.onlyCertainMatches === true,
        count: countOf(call, given.count),
        part: shownPartOf(needs.definitions, ['Patient'], given),
        ...(given.consent === undefined
          ? {}
          : {
              consent: await lookUpConsent(
                needs,
                call,
                given.consent as unknown as Resource,
                parameterPath(call, 'consent'),
              ),
            }),
      }
      return retryOnConflict(() => matchOnce(needs, call, request))
    },
  }
}

type MatchRequest = {
  readonly traits: Traits
  readonly onlyCertain: boolean
  readonly count: number
  readonly part: ShownPart
  readonly consent?: Resource
}

/** Reads, counts and reports in one commit, then answers. */
async function matchOnce(needs: MatchNeeds, call: Call, request: MatchRequest): Promise<Reply> {
  const { store, attempts, index } = needs
  const { traits, consent } = request
  const attempt = await attempts.next('look-up', call)
  const visible = await findMatches(insight(store, call.caller, call.now), index.matching, traits)
  const isFound = visible.some(({ grade }) => grade === 'certain')
  const elsewhere = consent && !isFound ? await lookUp(needs, call, { traits, consent, visible }) : undefined
  const isLookedUp = consent !== undefined && !isFound
  await countNumber(needs, call, { traits, visible, isLookedUp, isWrong: isLookedUp && !elsewhere })
  const answered = answerOf(visible, request)
  const act = actOf(answered, { ...request, elsewhere })
  const writes: Write[] = [...attempt.writes(act), ...(elsewhere ? [elsewhere.write] : [])]
  await commit(store, { writes, ...requestOf(call) })
  return replyOf(needs, call, { answered, elsewhere, part: request.part })
}

/** Certain ones alone: one, or none where it is not clear which. */
function answerOf(visible: readonly FoundMatch[], { onlyCertain, count }: MatchRequest): readonly FoundMatch[] {
  if (!onlyCertain) return visible.filter(({ grade }) => grade !== 'certainly-not').slice(0, count)
  const certain = visible.filter(({ grade }) => grade === 'certain')
  return certain.length === 1 ? certain : []
}

function actOf(
  answered: readonly FoundMatch[],
  { consent, elsewhere }: MatchRequest & { readonly elsewhere: Elsewhere | undefined },
): AuditedAct {
  const looked = consent
    ? ` With a consent to be looked up: ${elsewhere ? 'known elsewhere' : 'not known elsewhere'}.`
    : ''
  return {
    subtype: 'match',
    outcome: '0',
    text: `$match answered ${answered.length} of the participants that the agency may know of.${looked}`,
    participants: [...answered.map(({ version }) => version.id), ...(elsewhere ? [elsewhere.participant] : [])],
    ...(consent ? { consent } : {}),
  }
}

type NumberTried = {
  readonly traits: Traits
  readonly visible: readonly FoundMatch[]
  /** Was the person looked up among all participants? And with no result? */
  readonly isLookedUp: boolean
  readonly isWrong: boolean
}

/** Counts a social security number that is wrong for somebody whom the caller may know of, or with which nobody was found elsewhere. */
async function countNumber(
  { attempts }: MatchNeeds,
  call: Call,
  { traits: { ssn }, visible, isLookedUp, isWrong }: NumberTried,
): Promise<void> {
  const tried = visible.filter((one) => one.isRightNumber !== undefined)
  if (ssn === undefined || (tried.length === 0 && !isLookedUp)) return
  const wrong = tried.filter((one) => one.isRightNumber === false)
  const text = '$match was called with a social security number that nobody of this name and birth date has.'
  const participants = wrong.map(({ version }) => version.id)
  const act: AuditedAct = { subtype: 'ssn-attempt', outcome: '4', text, participants }
  await attempts.count('ssn', call, ssn, wrong.length > 0 || isWrong ? act : undefined)
}

type AnsweredMatches = {
  readonly answered: readonly FoundMatch[]
  readonly elsewhere: Elsewhere | undefined
  readonly part: ShownPart
}

function replyOf({ store }: MatchNeeds, call: Call, { answered, elsewhere, part }: AnsweredMatches): Reply {
  const answer = disclosing(store, call.caller, call.now)
  for (const { version } of answered) answer.disclose(version)
  const text = buildMatches({
    base: call.base,
    self: `${call.base}/Patient/$match`,
    matches: answered.map(({ version, score, grade }) => ({ record: part.version(version), score, grade })),
    ...(elsewhere ? { outcome: elsewhereOutcome(elsewhere) } : {}),
  })
  return { status: 200, text, disclosed: answer.disclosed() }
}

/**
 * It need not be complete, but what is there must be readable: nobody would be found by a birth date of another format.
 * @throws OutcomeError for such values, for a number that cannot be one, or that stands where none is accepted
 */
async function describedIn({ policy, index, validator }: MatchNeeds, call: Call, patient: Resource): Promise<Traits> {
  const at = parameterPath(call, 'resource')
  const { ssn } = policy.complete(patient, { at })
  const issues = await validatorOf(validator, policy.complete).check(patient, { at })
  const unreadable = issues.filter((one) => UNREADABLE.includes(one.detail))
  if (unreadable.length > 0) throw new OutcomeError(unreadable)
  return traitsOf(index.matching, patient, ssn)
}

/** Codes of issues that say that a value is none, whatever the profile asks for. */
const UNREADABLE: readonly string[] = ['value-format', 'element-unknown', 'element-type', 'element-empty']

function countOf(call: Call, given: Json | undefined): number {
  if (given === undefined) return COUNT
  if (typeof given === 'number' && given >= 1 && given <= MOST) return given
  throw refuse('invalid-parameter', `\`count\` is \`${String(given)}\`; it takes 1 to ${MOST}.`, {
    expression: parameterAt(call.body, 'count'),
  })
}

/** Where a parameter stands in the body, or the body itself where it is a Patient. */
function parameterPath({ body }: Call, name: string): string {
  if (body?.resourceType !== 'Parameters') return 'Patient'
  const list = (Array.isArray(body.parameter) ? body.parameter : []) as readonly { readonly name?: unknown }[]
  const at = `Parameters.parameter[${list.findIndex((one) => one.name === name)}]`
  return `${at}.resource`
}
