/*
 * A Kafka broker for tests: the mock cluster of librdkafka, told by lines on standard input.
 *   topic NAME PARTITIONS    down    up
 * Its address is the first line of output; each command is answered by "ok" or "no". It ends with its input.
 */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <string.h>

int main(void) {
  char error[512];
  rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), error, sizeof(error));
  if (!client) return fprintf(stderr, "%s\n", error), 1;
  rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(client, 1);
  if (!cluster) return fprintf(stderr, "no cluster\n"), 1;
  printf("%s\n", rd_kafka_mock_cluster_bootstraps(cluster));
  fflush(stdout);
  char line[1024], name[256];
  int partitions;
  while (fgets(line, sizeof(line), stdin)) {
    rd_kafka_resp_err_t result = RD_KAFKA_RESP_ERR__INVALID_ARG;
    if (sscanf(line, "topic %255s %d", name, &partitions) == 2)
      result = rd_kafka_mock_topic_create(cluster, name, partitions, 1);
    else if (!strncmp(line, "down", 4))
      result = rd_kafka_mock_broker_set_down(cluster, 1);
    else if (!strncmp(line, "up", 2))
      result = rd_kafka_mock_broker_set_up(cluster, 1);
    printf("%s\n", result == RD_KAFKA_RESP_ERR_NO_ERROR ? "ok" : "no");
    fflush(stdout);
  }
  rd_kafka_mock_cluster_destroy(cluster);
  rd_kafka_destroy(client);
  return 0;
}
