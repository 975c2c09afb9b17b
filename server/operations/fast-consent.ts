/**
 * Consent/$fileConsent and Consent/$revokeConsent, as HL7's FAST Consent Management defines them: they lead to the write of
 * a Consent, and to what Patient/$revoke-consent does. http://hl7.org/fhir/us/consent-management
 */
import { fromFast } from '../domain/referral/fast-consent.ts'
import { isDenial, recipientsOf } from '../domain/referral/consent.ts'
import { grantsOf } from '../domain/visibility/circle.ts'
import { idOf, items, sameJson, textOf } from '../fhir/element.ts'
import { serialize } from '../fhir/json.ts'
import { operationOutcome, refuse } from '../fhir/outcome.ts'
import { readParameters, type Values } from '../fhir/parameters.ts'
import { parseReference } from '../fhir/reference.ts'
import { keyText, type JsonObject, type Resource } from '../fhir/types.ts'
import type { Call, Reply } from '../interactions/call.ts'
import { currentResource, resourceOf } from '../records/resource.ts'
import { disclosing, insight, type View, type ViewQuery } from '../records/view.ts'
import type { Version } from '../store/store.ts'
import { retryOnConflict } from '../write/conflict.ts'
import { write } from '../write/pipeline.ts'
import { operationDefinition } from './define.ts'
import type { Operation } from './operation.ts'
import type { ReferralNeeds } from './referrals.ts'
import { withdraw } from './revoke-consent.ts'
import { issuesAsSent, parameterAt } from './sent-expression.ts'

export const fileConsent = (needs: ReferralNeeds): Operation => {
  const { takes, ...definition } = operationDefinition(needs.definitions, 'file-consent')
  return {
    ...definition,
    name: 'fileConsent',
    levels: ['type'],
    types: ['Consent'],
    affectsState: true,
    async run(call) {
      const { consent, document } = readParameters(takes, call)
      const source = sourceOf(call, document as unknown as Resource)
      return issuesAsSent(call, { Consent: 'consent' }, () =>
        retryOnConflict(() => file(needs, call, consent as unknown as Resource, source)),
      )
    },
  }
}

export const revokeFastConsent = (needs: ReferralNeeds): Operation => {
  const { takes, ...definition } = operationDefinition(needs.definitions, 'revoke-fast-consent')
  return {
    ...definition,
    name: 'revokeConsent',
    levels: ['type'],
    types: ['Consent'],
    affectsState: true,
    async run(call) {
      const given = readParameters(takes, call)
      const source =
        given.document === undefined
          ? { title: 'Revocation by the participant' }
          : sourceOf(call, given.document as unknown as Resource)
      return revoke(needs, call, given, source)
    },
  }
}

async function file(needs: ReferralNeeds, call: Call, sent: Resource, source: JsonObject): Promise<Reply> {
  const { caller, now } = call
  const view = insight(needs.store, caller, now)
  const patient = await resolved(view, sent.patient, ['Patient'], 'Consent.patient')
  const performers = await Promise.all(
    items(sent.performer).map((one, index) =>
      isSame(one, sent.patient)
        ? patient
        : resolved(view, one, ['Patient', 'RelatedPerson'], `Consent.performer[${index}]`),
    ),
  )
  const actors = await Promise.all(
    items(items(sent.provision)[0]?.actor).map(({ reference }, index) =>
      resolved(view, reference, ['Organization'], `Consent.provision.actor[${index}].reference`),
    ),
  )
  const resource = {
    ...fromFast(sent, { patient, performers, actors, organization: caller.agency, source }),
    id: needs.newId(),
  }
  const numbered = numberedAs(resource)
  const existing = numbered && (await view.find({ ...numbered, limit: 1 })).versions[0]
  if (existing) return repeated(needs, call, existing, resource)
  const unless = numbered && view.query({ ...numbered, limit: 1 })
  await write(needs, { ...call, view }, [{ kind: 'put', create: true, resource, unless, at: 'Consent' }])
  return recorded(needs, call, resource.id)
}

/** The consents of the number that a consent brings; undefined where it brings none. */
function numberedAs(consent: Resource): Omit<ViewQuery, 'limit'> | undefined {
  const [identifier] = items(consent.identifier)
  const [system, code] = [textOf(identifier?.system), textOf(identifier?.value)]
  if (code === undefined) return undefined
  return {
    type: 'Consent',
    where: { op: 'token', param: 'identifier', code, ...(system === undefined ? {} : { system }) },
  }
}

/** The same request again has the same answer; another consent under its number is refused. */
function repeated(needs: ReferralNeeds, call: Call, existing: Version, filed: Resource): Reply {
  const consent = resourceOf(existing)
  const elements = ['patient', 'dateTime', 'performer', 'provision']
  if (elements.every((name) => sameJson(consent[name], filed[name]))) return recorded(needs, call, existing.id)
  throw refuse(
    'value-conflict',
    `The identifier is that of \`${keyText(existing)}\`, which is another consent; send another one, or change that Consent.`,
    { expression: 'Consent.identifier' },
  )
}

function recorded(needs: ReferralNeeds, call: Call, id: string): Reply {
  const answer = disclosing(needs.store, call.caller, call.now)
  answer.disclose({ type: 'Consent', id })
  const location = `Consent/${id}`
  return { ...outcome(`The consent is recorded as \`${location}\`.`), location, disclosed: answer.disclosed() }
}

/** A consent that lets nobody know of the participant, and a denial, only end. */
async function revoke(needs: ReferralNeeds, call: Call, given: Values, source: JsonObject): Promise<Reply> {
  const { caller, now } = call
  const view = insight(needs.store, caller, now)
  const at = (name: string) => parameterAt(call.body, name) ?? 'Parameters.parameter'
  const participant = (await resolved(view, given.patient, ['Patient'], at('patient'))).slice('Patient/'.length)
  const key = { type: 'Consent', id: idOf(given.consent, 'Consent') ?? '' }
  const version = await view.read(key)
  const consent = currentResource(version)
  if (!version || !consent || idOf(consent.patient, 'Patient') !== participant)
    throw refuse(
      'reference-not-found',
      '`consent` must refer to a Consent of this participant that you may know of, as `Consent/<id>`.',
      { expression: at('consent') },
    )
  const opens = grantsOf(
    needs.index.visibility,
    { resource: { ...consent, status: 'active' }, owner: version.owner },
    needs.range,
  )
  if (!isDenial(consent) && opens.some(({ effect }) => effect === undefined)) {
    const { disclosed } = await withdraw(needs, call, { participant, recipients: recipientsOf(consent), source })
    return { ...outcome(`\`${keyText(key)}\` is revoked, and its recipients may no longer know.`), disclosed }
  }
  const resource = { ...consent, status: 'inactive' }
  await retryOnConflict(() => write(needs, call, [{ kind: 'put', create: false, resource, at: 'Consent' }]))
  const answer = disclosing(needs.store, caller, now)
  answer.disclose(key)
  return { ...outcome(`\`${keyText(key)}\` is revoked.`), disclosed: answer.disclosed() }
}

const outcome = (text: string): Reply => ({
  status: 200,
  resource: {
    ...operationOutcome([]),
    issue: [{ severity: 'information', code: 'informational', details: { text } }],
  },
})

const isSame = (one: unknown, other: unknown): boolean =>
  JSON.stringify(items(one)[0]?.identifier ?? 1) === JSON.stringify(items(other)[0]?.identifier ?? 2)

/**
 * The literal reference behind one: its own, or of the one record that the caller may know of with its identifier.
 * @throws OutcomeError `reference-not-found`, with the same answer whatever there is that the caller may not know of
 */
async function resolved(view: View, sent: unknown, types: readonly string[], at: string): Promise<string> {
  const [reference] = items(sent)
  const literal = parseReference(textOf(reference?.reference) ?? '')
  if (literal?.kind === 'local' && types.includes(literal.type)) return `${literal.type}/${literal.id}`
  const [identifier] = items(reference?.identifier)
  const [system, code] = [textOf(identifier?.system), textOf(identifier?.value)]
  const found: string[] = []
  if (reference?.reference === undefined && code !== undefined)
    for (const type of types) {
      const where = { op: 'token' as const, param: 'identifier', code, ...(system === undefined ? {} : { system }) }
      const { versions } = await view.find({ type, where, limit: 2 })
      found.push(...versions.map(keyText))
    }
  if (found.length === 1) return found[0]!
  throw refuse(
    'reference-not-found',
    `\`${at}\` names no ${types.join(' or ')} that you may know of, or several; send a literal reference (\`${types[0]!}/<id>\`), or an identifier that one record has.`,
    { expression: at },
  )
}

/** The document as an Attachment: that of a DocumentReference, or the answers themselves. */
function sourceOf(call: Call, document: Resource): JsonObject {
  const at = parameterAt(call.body, 'document') ?? 'Parameters.parameter'
  if (document.resourceType === 'QuestionnaireResponse')
    return {
      contentType: 'application/fhir+json',
      data: Buffer.from(serialize(document)).toString('base64'),
      title: 'Answers that carry the consent',
    }
  const [content] = items(document.content)
  const [attachment] = items(content?.attachment)
  if (document.resourceType === 'DocumentReference' && attachment) return attachment
  throw refuse(
    'invalid-parameter',
    `\`document\` is a DocumentReference with \`content.attachment\`, or a QuestionnaireResponse; found \`${document.resourceType}\`.`,
    { expression: at },
  )
}
