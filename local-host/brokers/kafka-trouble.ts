import type { KafkaConfig } from 'kafkajs';
import { messageOf } from './broker-sdk';

/** A certificate that does not prove the broker; texts of OpenSSL and of Node. */
const CERTIFICATE = /certificate|altnames|unable to verify/i;
/** What is left of a connection where one side speaks TLS, or asks for a sign-in, and the other does not. */
const CUT = /ECONNRESET|EPROTO|wrong version number|closed connection|socket disconnected|connection timeout/i;

/** Why Kafka cannot be had, in one sentence, and what to look at, in another. Names options of the binding; holds no secret. */
export function kafkaTrouble(error: unknown, { ssl, sasl }: Pick<KafkaConfig, 'ssl' | 'sasl'>): string {
  const cause = messageOf(error).replace(/\.$/, '');
  return `${cause}. ${remedy(error, cause, ssl !== undefined, sasl !== undefined)}`;
}

function remedy(error: unknown, cause: string, tls: boolean, signsIn: boolean): string {
  if ((error as Error | undefined)?.name === 'KafkaJSSASLAuthenticationError')
    return "Check 'username' and 'password', and that 'authenticationMode' is one that the brokers take.";
  if (CERTIFICATE.test(cause))
    return "Check that 'sslCaLocation' or 'sslCaPEM' is the authority that signed the brokers' certificates, and that 'brokerList' has the names that stand in them.";
  if (CUT.test(cause) && tls)
    return "Check that the ports in 'brokerList' are those for TLS; if the brokers have none, set 'protocol' to Plaintext or SaslPlaintext.";
  if (CUT.test(cause))
    return `Check the brokers in 'brokerList'; if they ask for TLS${signsIn ? '' : ' or a sign-in'}, set 'protocol' to ${signsIn ? 'SaslSsl' : 'Ssl, SaslPlaintext or SaslSsl'}.`;
  return "Check the brokers in 'brokerList' and that the topic exists.";
}
