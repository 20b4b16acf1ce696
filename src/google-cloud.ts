// The door for Google Cloud: Cloud Run functions.
export {
  type CloudEventLike,
  type GoogleCloudOptions,
  googleCloud,
  googleCloudEvent,
} from './runtime/hosts/google-cloud.ts'
