package tintype;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.opensearch.analysis.common.CommonAnalysisPlugin;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.common.transport.BoundTransportAddress;
import org.opensearch.env.Environment;
import org.opensearch.http.HttpServerTransport;
import org.opensearch.node.Node;
import org.opensearch.plugins.Plugin;
import org.opensearch.transport.Netty4Plugin;

/**
 * One node of OpenSearch, on a free port of 127.0.0.1, with its data in the folder that the argument names. It prints
 * the URL once it serves, and ends with its standard input: so it never outlives the tests that started it.
 */
public final class OpenSearchNode extends Node {
  private OpenSearchNode(Settings settings, Path home, List<Class<? extends Plugin>> plugins) {
    super(new Environment(settings, home.resolve("config")), plugins, false);
  }

  public static void main(String[] arguments) throws Exception {
    Path home = Path.of(arguments[0]);
    Files.createDirectories(home.resolve("config"));
    Settings settings =
        Settings.builder()
            .put("path.home", home)
            .put("cluster.name", "tintype-tests")
            .put("node.name", "one")
            .put("discovery.type", "single-node")
            .put("network.host", "127.0.0.1")
            .put("http.port", "0")
            .put("transport.port", "0")
            .put("transport.type", Netty4Plugin.NETTY_TRANSPORT_NAME)
            .put("http.type", Netty4Plugin.NETTY_HTTP_TRANSPORT_NAME)
            .put("node.store.allow_mmap", false)
            .put("cluster.routing.allocation.disk.threshold_enabled", false)
            .build();
    try (Node node =
        new OpenSearchNode(settings, home, List.of(Netty4Plugin.class, CommonAnalysisPlugin.class))) {
      node.start();
      BoundTransportAddress bound = node.injector().getInstance(HttpServerTransport.class).boundAddress();
      System.out.println("serving http://127.0.0.1:" + bound.publishAddress().getPort());
      while (System.in.read() >= 0) {}
    }
  }
}
