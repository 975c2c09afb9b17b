/** The channels, by `Subscription.channel.type`. https://hl7.org/fhir/R4/valueset-subscription-channel-type.html */
import type { Channel } from './channel.ts'
import { restHook, type RestHookSettings } from './rest-hook.ts'

export const createChannels = (settings: RestHookSettings): Readonly<Record<string, Channel>> => ({
  'rest-hook': restHook(settings),
})
