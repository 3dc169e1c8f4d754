import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Sends "codec 0", "codec 1" … as a Java team's producer does: brokers, count, then for each codec
 * `topic=compression.type`.
 */
public class Produce {
  public static void main(String[] args) throws Exception {
    for (int at = 2; at < args.length; at++) {
      String[] topicAndCodec = args[at].split("=");
      send(args[0], topicAndCodec[0], topicAndCodec[1], Integer.parseInt(args[1]));
    }
  }

  private static void send(String brokers, String topic, String codec, int count) {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", brokers);
    settings.put("compression.type", codec);
    settings.put("linger.ms", "200");
    settings.put("acks", "all");
    var strings = new StringSerializer();
    try (var producer = new KafkaProducer<>(settings, strings, strings)) {
      for (int i = 0; i < count; i++)
        producer.send(new ProducerRecord<>(topic, null, codec + " " + i));
      producer.flush();
    }
  }
}
